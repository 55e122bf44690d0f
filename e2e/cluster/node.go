package cluster

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	core "k8s.io/api/core/v1"
	failures "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
)

const nodeName = "node"

// Node takes the pods of one namespace, runs their containers as plain processes, and reports to the API server what
// becomes of them. It does what a kubelet does of that which the chart uses: volumes of ConfigMaps, Secrets and claims at
// their mount paths in a root that cannot be written, environment, user and groups, probes, `preStop`, the grace of a stop.
// All pods share one network; nothing is restarted; cgroups, seccomp and capabilities are not set.
type Node struct {
	cluster   *Cluster
	namespace string
	// Root of the image, and where pods get their own.
	image, folder string
	mutex         sync.Mutex
	// In the order in which they came.
	pods   []*pod
	failed []error
	tasks  sync.WaitGroup
}

type pod struct {
	*core.Pod
	processes []*process
	// Folders by name, which all containers share.
	volumes map[string]string
	stop    context.CancelFunc
}

// Ended is how a process of a pod ended.
type Ended struct {
	Pod, Container string
	Code           int
	Log            string
}

// NewNode is one for the pods of this namespace.
func (c *Cluster) NewNode(namespace, image, folder string) *Node {
	return &Node{cluster: c, namespace: namespace, image: image, folder: folder}
}

// Run takes pods until the context ends, and then stops those that are left.
func (n *Node) Run(ctx context.Context) {
	// Endpoints are pods of nodes that are known.
	_, err := n.cluster.Client.CoreV1().Nodes().Create(ctx, &core.Node{ObjectMeta: meta.ObjectMeta{Name: nodeName}}, meta.CreateOptions{})
	if err != nil && !failures.IsAlreadyExists(err) {
		n.fail(err)
	}
	api := n.cluster.Client.CoreV1().Pods(n.namespace)
	for ctx.Err() == nil {
		found, err := api.List(ctx, meta.ListOptions{})
		if err != nil && ctx.Err() == nil {
			n.fail(err)
		} else if err == nil {
			for i := range found.Items {
				n.see(ctx, &found.Items[i])
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	n.tasks.Wait()
}

func (n *Node) see(ctx context.Context, seen *core.Pod) {
	n.mutex.Lock()
	at := slices.IndexFunc(n.pods, func(pod *pod) bool { return pod.UID == seen.UID })
	if at < 0 && seen.DeletionTimestamp == nil {
		ctx, stop := context.WithCancel(ctx)
		taken := &pod{Pod: seen, volumes: map[string]string{}, stop: stop}
		n.pods = append(n.pods, taken)
		n.tasks.Go(func() { n.keep(ctx, taken) })
	} else if at >= 0 && seen.DeletionTimestamp != nil {
		n.pods[at].stop()
	}
	n.mutex.Unlock()
}

func (n *Node) fail(err error) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.failed = append(n.failed, err)
}

// Failures are what the node itself could not do.
func (n *Node) Failures() []error {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	return n.failed
}

// Processes that run for containers of this name.
func (n *Node) Processes(container string) (found []*process) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	for _, pod := range n.pods {
		for _, process := range pod.processes {
			if process.container.Name == container && process.running() {
				found = append(found, process)
			}
		}
	}
	return found
}

// Ended are the processes that came to an end, of containers of this name.
func (n *Node) Ended(container string) (found []Ended) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	for _, pod := range n.pods {
		for _, process := range pod.processes {
			if process.container.Name == container && !process.running() {
				found = append(found, Ended{pod.Name, container, process.code(), process.log.String()})
			}
		}
	}
	return found
}

// keep is the life of a pod.
func (n *Node) keep(ctx context.Context, pod *pod) {
	err := n.begin(ctx, pod)
	if err == nil {
		n.watch(ctx, pod)
	} else if ctx.Err() == nil {
		n.fail(fmt.Errorf("pod %s is not started: %w", pod.Name, err))
		if err := n.report(ctx, pod, core.PodStatus{Phase: core.PodFailed, Message: err.Error()}); err != nil {
			n.fail(err)
		}
	}
	<-ctx.Done()
	n.end(pod)
	if err := n.unmount(pod); err != nil {
		n.fail(err)
	}
	now := int64(0)
	err = n.cluster.Client.CoreV1().Pods(n.namespace).Delete(context.Background(), pod.Name, meta.DeleteOptions{
		GracePeriodSeconds: &now, Preconditions: &meta.Preconditions{UID: &pod.UID},
	})
	if err != nil && !failures.IsNotFound(err) {
		n.fail(err)
	}
}

func (n *Node) begin(ctx context.Context, pod *pod) error {
	api := n.cluster.Client.CoreV1().Pods(n.namespace)
	if err := api.Bind(ctx, &core.Binding{
		ObjectMeta: meta.ObjectMeta{Name: pod.Name, UID: pod.UID}, Target: core.ObjectReference{Kind: "Node", Name: nodeName},
	}, meta.CreateOptions{}); err != nil {
		return err
	}
	for i := range pod.Spec.Containers {
		process, err := n.start(ctx, pod, &pod.Spec.Containers[i])
		if err != nil {
			return err
		}
		n.mutex.Lock()
		pod.processes = append(pod.processes, process)
		n.mutex.Unlock()
	}
	return nil
}

// watch probes what serves, and waits for what ends by itself; each change is reported.
func (n *Node) watch(ctx context.Context, pod *pod) {
	started, told := false, ""
	for ctx.Err() == nil {
		ready := true
		for _, process := range pod.processes {
			container := process.container
			if !started && container.StartupProbe != nil {
				started = process.running() && n.probe(container, container.StartupProbe)
				ready = started
			}
			if ready && container.ReadinessProbe != nil {
				ready = process.running() && n.probe(container, container.ReadinessProbe)
			}
		}
		status, sum := pod.status(ready)
		if sum != told {
			if err := n.report(ctx, pod, status); err != nil && ctx.Err() == nil {
				n.fail(err)
			}
			told = sum
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// end is the way of a stop: `preStop`, SIGTERM, and SIGKILL once the grace is over.
func (n *Node) end(pod *pod) {
	grace := time.Duration(*pod.Spec.TerminationGracePeriodSeconds) * time.Second
	over := time.After(grace)
	for _, process := range pod.processes {
		if stop := process.container.Lifecycle; stop != nil && stop.PreStop != nil && stop.PreStop.Sleep != nil && process.running() {
			time.Sleep(time.Duration(stop.PreStop.Sleep.Seconds) * time.Second)
		}
		process.stop(over)
	}
}

func (n *Node) probe(container *core.Container, probe *core.Probe) bool {
	port := probe.HTTPGet.Port.IntValue()
	for _, named := range container.Ports {
		if named.Name == probe.HTTPGet.Port.StrVal {
			port = int(named.ContainerPort)
		}
	}
	client := http.Client{Timeout: time.Duration(probe.TimeoutSeconds) * time.Second}
	scheme := strings.ToLower(string(probe.HTTPGet.Scheme))
	answer, err := client.Get(scheme + "://" + net.JoinHostPort(address, strconv.Itoa(port)) + probe.HTTPGet.Path)
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode < 400
}

func (n *Node) report(ctx context.Context, pod *pod, status core.PodStatus) error {
	api := n.cluster.Client.CoreV1().Pods(n.namespace)
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		found, err := api.Get(ctx, pod.Name, meta.GetOptions{})
		if err != nil {
			return err
		}
		found.Status = status
		_, err = api.UpdateStatus(ctx, found, meta.UpdateOptions{})
		return err
	})
}

// status as a kubelet would report it, and the same in short.
func (p *pod) status(ready bool) (core.PodStatus, string) {
	phase, ended, failed := core.PodRunning, 0, false
	status := core.PodStatus{PodIP: address, PodIPs: []core.PodIP{{IP: address}}, HostIP: address, StartTime: &p.CreationTimestamp}
	for _, process := range p.processes {
		state := core.ContainerState{Running: &core.ContainerStateRunning{}}
		if !process.running() {
			ended++
			failed = failed || process.code() != 0
			state = core.ContainerState{Terminated: &core.ContainerStateTerminated{ExitCode: int32(process.code())}}
		}
		status.ContainerStatuses = append(status.ContainerStatuses, core.ContainerStatus{
			Name: process.container.Name, Image: process.container.Image, State: state, Ready: ready && process.running(),
		})
		ready = ready && process.running()
	}
	if p.Spec.RestartPolicy == core.RestartPolicyNever && ended == len(p.processes) {
		phase = core.PodSucceeded
		if failed {
			phase = core.PodFailed
		}
	}
	status.Phase = phase
	is := core.ConditionFalse
	if ready {
		is = core.ConditionTrue
	}
	for _, kind := range []core.PodConditionType{core.ContainersReady, core.PodReady} {
		status.Conditions = append(status.Conditions, core.PodCondition{
			Type: kind, Status: is, LastTransitionTime: meta.Now(),
		})
	}
	return status, fmt.Sprint(phase, is, ended)
}

// clone makes a root of the image's files, without copying them.
func (n *Node) clone(to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if told, err := exec.Command("cp", "-al", n.image, to).CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, told)
	}
	return nil
}
