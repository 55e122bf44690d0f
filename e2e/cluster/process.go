package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The `ENTRYPOINT` of the image.
const entrypoint = "/usr/bin/gaitkeeper"

type process struct {
	container *core.Container
	command   *exec.Cmd
	log       *text
	ended     chan struct{}
}

// text is written by one and read by another.
type text struct {
	mutex sync.Mutex
	bytes.Buffer
}

func (t *text) Write(more []byte) (int, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.Buffer.Write(more)
}

func (t *text) String() string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.Buffer.String()
}

func (p *process) running() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

func (p *process) code() int { return p.command.ProcessState.ExitCode() }

func (p *process) stop(over <-chan time.Time) {
	if !p.running() {
		return
	}
	_ = p.command.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-over:
		_ = p.command.Process.Kill()
		<-p.ended
	}
}

func (n *Node) start(ctx context.Context, pod *pod, container *core.Container) (*process, error) {
	root := filepath.Join(n.folder, string(pod.UID), container.Name)
	if err := n.mount(ctx, pod, container, root); err != nil {
		return nil, err
	}
	environment, err := n.environment(ctx, container)
	if err != nil {
		return nil, err
	}
	security, own := pod.Spec.SecurityContext, container.SecurityContext
	if own == nil || own.ReadOnlyRootFilesystem == nil || !*own.ReadOnlyRootFilesystem {
		return nil, errors.New("its root could be written")
	}
	user, group := security.RunAsUser, security.RunAsGroup
	if user == nil || group == nil || security.FSGroup == nil {
		return nil, errors.New("no user or group is named")
	}
	arguments := container.Args
	if len(container.Command) > 0 {
		arguments = append(slices.Clone(container.Command), arguments...)
	} else {
		arguments = append([]string{entrypoint}, arguments...)
	}
	process := &process{container: container, log: &text{}, ended: make(chan struct{})}
	process.command = &exec.Cmd{
		Path: arguments[0], Args: arguments, Dir: "/", Env: environment, Stdout: process.log, Stderr: process.log,
		SysProcAttr: &syscall.SysProcAttr{
			Chroot:     root,
			Credential: &syscall.Credential{Uid: uint32(*user), Gid: uint32(*group), Groups: []uint32{uint32(*security.FSGroup)}},
		},
	}
	if err := process.command.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = process.command.Wait()
		close(process.ended)
	}()
	return process, nil
}

func (n *Node) environment(ctx context.Context, container *core.Container) (found []string, err error) {
	found = []string{"PATH=/usr/bin"}
	for _, variable := range container.Env {
		value := variable.Value
		if from := variable.ValueFrom; from != nil {
			if from.SecretKeyRef == nil {
				return nil, fmt.Errorf("%s comes from something that this node does not know", variable.Name)
			}
			secret, err := n.cluster.Client.CoreV1().Secrets(n.namespace).Get(ctx, from.SecretKeyRef.Name, meta.GetOptions{})
			if err != nil {
				return nil, err
			}
			held, there := secret.Data[from.SecretKeyRef.Key]
			if !there {
				return nil, fmt.Errorf("the Secret %s has no key %s", secret.Name, from.SecretKeyRef.Key)
			}
			value = string(held)
		}
		found = append(found, variable.Name+"="+value)
	}
	return found, nil
}

// mount makes the root of a container: the image's files, which cannot be written, and its volumes at their paths.
func (n *Node) mount(ctx context.Context, pod *pod, container *core.Container, root string) error {
	if err := n.clone(root); err != nil {
		return err
	}
	hosts, err := n.hosts(ctx)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(root, "etc"), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(root, "etc/hosts"), []byte(hosts), 0o644); err != nil {
		return err
	}
	for _, mount := range container.VolumeMounts {
		if err := os.MkdirAll(filepath.Join(root, mount.MountPath), 0o755); err != nil {
			return err
		}
	}
	if err := bind(root, root, true); err != nil {
		return err
	}
	for _, mount := range container.VolumeMounts {
		at := slices.IndexFunc(pod.Spec.Volumes, func(volume core.Volume) bool { return volume.Name == mount.Name })
		if at < 0 {
			return fmt.Errorf("there is no volume %s", mount.Name)
		}
		folder, err := n.volume(ctx, pod, &pod.Spec.Volumes[at])
		if err != nil {
			return fmt.Errorf("volume %s: %w", mount.Name, err)
		}
		if err := bind(folder, filepath.Join(root, mount.MountPath), mount.ReadOnly); err != nil {
			return err
		}
	}
	return nil
}

// hosts stands in for DNS: the Services of the namespace.
func (n *Node) hosts(ctx context.Context) (string, error) {
	found, err := n.cluster.Client.CoreV1().Services(n.namespace).List(ctx, meta.ListOptions{})
	if err != nil {
		return "", err
	}
	lines := []string{"127.0.0.1 localhost"}
	for _, service := range found.Items {
		if service.Spec.ClusterIP != core.ClusterIPNone {
			lines = append(lines, fmt.Sprintf("%s %s.%s.svc", service.Spec.ClusterIP, service.Name, n.namespace))
		}
	}
	return strings.Join(lines, "\n") + "\n", nil
}

func bind(from, to string, readOnly bool) error {
	if err := syscall.Mount(from, to, "", syscall.MS_BIND, ""); err != nil {
		return fmt.Errorf("%s at %s: %w", from, to, err)
	}
	if !readOnly {
		return nil
	}
	if err := syscall.Mount("", to, "", syscall.MS_BIND|syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		return fmt.Errorf("%s read-only: %w", to, err)
	}
	return nil
}

// unbind takes a mount away where there is one.
func unbind(path string) error {
	err := syscall.Unmount(path, 0)
	if err == nil || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOENT) {
		return nil
	}
	return fmt.Errorf("%s is not unmounted: %w", path, err)
}

func (n *Node) unmount(pod *pod) error {
	for i := range pod.Spec.Containers {
		root := filepath.Join(n.folder, string(pod.UID), pod.Spec.Containers[i].Name)
		for _, mount := range slices.Backward(pod.Spec.Containers[i].VolumeMounts) {
			if err := unbind(filepath.Join(root, mount.MountPath)); err != nil {
				return err
			}
		}
		if err := unbind(root); err != nil {
			return err
		}
	}
	return os.RemoveAll(filepath.Join(n.folder, string(pod.UID)))
}
