// Package cluster installs the chart into a real API server, and runs what it makes as processes.
package cluster

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	// Their modules carry the CRDs.
	_ "github.com/prometheus-operator/prometheus-operator/pkg/versionutil"
	extensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	kinds "k8s.io/apiextensions-apiserver/pkg/client/clientset/clientset"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	configuration "k8s.io/client-go/tools/clientcmd/api"
	_ "sigs.k8s.io/gateway-api/pkg/consts"
	"sigs.k8s.io/yaml"
)

// Address of the API server and of pods. Endpoints may not be on the loopback; the network namespace has it all the same.
const address = "10.77.0.10"

// Who may do everything; the API server ends with the run.
const token = "of-this-run"

// Controllers that see to what the chart makes. The others need nodes, or metrics, or a cloud.
var controllers = []string{
	"deployment-controller", "replicaset-controller", "endpointslice-controller", "disruption-controller",
	"garbage-collector-controller", "namespace-controller", "serviceaccount-controller",
	"persistentvolume-binder-controller", "persistentvolumeclaim-protection-controller",
}

// Cluster is etcd, kube-apiserver and kube-controller-manager.
type Cluster struct {
	Config     *rest.Config
	Client     kubernetes.Interface
	Dynamic    dynamic.Interface
	Kubeconfig string

	folder  string
	servers []*server
	mutex   sync.Mutex
	warned  []string
}

type server struct {
	name  string
	ended chan struct{}
	*exec.Cmd
}

// Start starts the servers whose binaries are in `binaries`; what they write goes to `folder`.
func Start(ctx context.Context, binaries, folder string) (*Cluster, error) {
	cluster := &Cluster{folder: folder, Kubeconfig: filepath.Join(folder, "kubeconfig")}
	err := cluster.start(ctx, binaries)
	if err != nil {
		cluster.Stop()
		return nil, err
	}
	return cluster, nil
}

func (c *Cluster) start(ctx context.Context, binaries string) error {
	at := func(name string) string { return filepath.Join(c.folder, name) }
	who := token + `,administrator,administrator,"system:masters"` + "\n"
	if err := os.WriteFile(at("tokens"), []byte(who), 0o600); err != nil {
		return err
	}
	if err := writeSigningKey(at("accounts.key"), at("accounts.pub")); err != nil {
		return err
	}
	if err := c.serve(ctx, binaries, "etcd", "http://127.0.0.1:2379/health", "--data-dir="+at("etcd"), "--unsafe-no-fsync",
		"--listen-client-urls=http://127.0.0.1:2379", "--advertise-client-urls=http://127.0.0.1:2379",
		"--listen-peer-urls=http://127.0.0.1:2380"); err != nil {
		return err
	}
	url := "https://" + address + ":6443"
	if err := c.serve(ctx, binaries, "kube-apiserver", url+"/readyz", "--etcd-servers=http://127.0.0.1:2379", "--cert-dir="+at("certificates"),
		"--bind-address="+address, "--advertise-address="+address, "--secure-port=6443",
		"--service-cluster-ip-range=10.78.0.0/24",
		"--token-auth-file="+at("tokens"), "--authorization-mode=RBAC", "--anonymous-auth=true",
		"--service-account-issuer=https://cluster.test", "--service-account-key-file="+at("accounts.pub"),
		"--service-account-signing-key-file="+at("accounts.key")); err != nil {
		return err
	}
	// It signed its certificate itself; the authority stands in the same file.
	config := configuration.NewConfig()
	config.Clusters["test"] = &configuration.Cluster{Server: url, CertificateAuthority: at("certificates/apiserver.crt")}
	config.AuthInfos["test"] = &configuration.AuthInfo{Token: token}
	config.Contexts["test"] = &configuration.Context{Cluster: "test", AuthInfo: "test"}
	config.CurrentContext = "test"
	if err := clientcmd.WriteToFile(*config, c.Kubeconfig); err != nil {
		return err
	}
	rest, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig)
	if err != nil {
		return err
	}
	c.Config = c.attentive(rest)
	if c.Client, err = kubernetes.NewForConfig(c.Config); err != nil {
		return err
	}
	if c.Dynamic, err = dynamic.NewForConfig(c.Config); err != nil {
		return err
	}
	return c.serve(ctx, binaries, "kube-controller-manager", "https://127.0.0.1:10257/healthz", "--kubeconfig="+c.Kubeconfig,
		"--bind-address=127.0.0.1", "--cert-dir="+at("controllers"), "--leader-elect=false",
		"--service-account-private-key-file="+at("accounts.key"), "--controllers="+strings.Join(controllers, ","))
}

// serve starts a server and waits until it is well.
func (c *Cluster) serve(ctx context.Context, binaries, name, health string, arguments ...string) error {
	log, err := os.Create(filepath.Join(c.folder, name+".log"))
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.Command(filepath.Join(binaries, name), arguments...)
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		return fmt.Errorf("%s is not started: %w", name, err)
	}
	started := &server{name, make(chan struct{}), command}
	c.servers = append(c.servers, started)
	go func() {
		_ = command.Wait()
		close(started.ended)
	}()
	return c.ready(ctx, started, health)
}

// Stop ends the servers, the last one first.
func (c *Cluster) Stop() {
	for _, server := range slices.Backward(c.servers) {
		_ = server.Process.Kill()
		<-server.ended
	}
}

// attentive has warnings of the API server kept, and does not wait between requests.
func (c *Cluster) attentive(config *rest.Config) *rest.Config {
	config.QPS, config.Burst = -1, 0
	config.WarningHandler = c
	return config
}

// HandleWarningHeader keeps a warning of the API server.
func (c *Cluster) HandleWarningHeader(_ int, _ string, text string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.warned = append(c.warned, text)
}

// Warnings are those that came since the last time.
func (c *Cluster) Warnings() []string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	warned := c.warned
	c.warned = nil
	return warned
}

// Define makes the kinds of these CRDs known.
func (c *Cluster) Define(ctx context.Context, files ...string) error {
	client, err := kinds.NewForConfig(c.Config)
	if err != nil {
		return err
	}
	definitions := client.ApiextensionsV1().CustomResourceDefinitions()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var definition extensions.CustomResourceDefinition
		if err := yaml.Unmarshal(text, &definition); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if _, err := definitions.Create(ctx, &definition, meta.CreateOptions{}); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := until(ctx, 30*time.Second, func() error {
			found, err := definitions.Get(ctx, definition.Name, meta.GetOptions{})
			if err != nil {
				return err
			}
			for _, condition := range found.Status.Conditions {
				if condition.Type == extensions.Established && condition.Status == extensions.ConditionTrue {
					return nil
				}
			}
			return fmt.Errorf("%s is not established", definition.Name)
		}); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) ready(ctx context.Context, server *server, url string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	client := &http.Client{
		Timeout:   time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
	}
	return until(ctx, 2*time.Minute, func() error {
		select {
		case <-server.ended:
			cancel()
			return fmt.Errorf("%s ended: its log says why", server.name)
		default:
		}
		answer, err := client.Get(url)
		if err != nil {
			return fmt.Errorf("%s: %w", server.name, err)
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("%s says %s", server.name, answer.Status)
		}
		return nil
	})
}

// until tries again until there is no error, or returns the last one.
func until(ctx context.Context, patience time.Duration, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
