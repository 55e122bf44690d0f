package cluster

import (
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strconv"
	"time"

	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Expose has a Service answer at its cluster IP, with one of its ready endpoints, until the context ends. It stands in for
// kube-proxy.
func (c *Cluster) Expose(ctx context.Context, namespace, name string) error {
	service, err := c.Client.CoreV1().Services(namespace).Get(ctx, name, meta.GetOptions{})
	if err != nil {
		return err
	}
	if told, err := exec.Command("ip", "address", "replace", service.Spec.ClusterIP+"/32", "dev", "lo").CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, told)
	}
	for _, port := range service.Spec.Ports {
		listener, err := net.Listen("tcp", net.JoinHostPort(service.Spec.ClusterIP, strconv.Itoa(int(port.Port))))
		if err != nil {
			return err
		}
		context.AfterFunc(ctx, func() { listener.Close() })
		go func() {
			for {
				client, err := listener.Accept()
				if err != nil {
					return
				}
				go c.forward(ctx, client, service, port.Name)
			}
		}()
	}
	return nil
}

func (c *Cluster) forward(ctx context.Context, client net.Conn, service *core.Service, port string) {
	defer client.Close()
	endpoint, err := c.endpoint(ctx, service, port)
	if err != nil {
		return
	}
	pod, err := net.Dial("tcp", endpoint)
	if err != nil {
		return
	}
	defer pod.Close()
	go func() {
		_, _ = io.Copy(pod, client)
		pod.Close()
	}()
	_, _ = io.Copy(client, pod)
}

// endpoint is a ready one of the Service, waited for until the controllers have seen it.
func (c *Cluster) endpoint(ctx context.Context, service *core.Service, port string) (found string, err error) {
	err = until(ctx, 10*time.Second, func() error {
		found, err = c.endpointNow(ctx, service, port)
		return err
	})
	return found, err
}

func (c *Cluster) endpointNow(ctx context.Context, service *core.Service, port string) (string, error) {
	slices, err := c.Client.DiscoveryV1().EndpointSlices(service.Namespace).List(ctx, meta.ListOptions{
		LabelSelector: discovery.LabelServiceName + "=" + service.Name,
	})
	if err != nil {
		return "", err
	}
	for _, slice := range slices.Items {
		for _, served := range slice.Ports {
			for _, endpoint := range slice.Endpoints {
				if *served.Name == port && *endpoint.Conditions.Ready {
					return net.JoinHostPort(endpoint.Addresses[0], strconv.Itoa(int(*served.Port))), nil
				}
			}
		}
	}
	return "", fmt.Errorf("no pod is ready behind %s", service.Name)
}
