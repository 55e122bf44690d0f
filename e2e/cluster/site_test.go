package cluster

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

func examples(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(chart + "/ci/*-values.yaml")
	if err != nil || len(files) < 5 {
		t.Fatalf("examples: %v %v", files, err)
	}
	return files
}

func example(name string) string { return chart + "/ci/" + name + "-values.yaml" }

func short(file string) string { return strings.TrimSuffix(filepath.Base(file), "-values.yaml") }

func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func values(t *testing.T, file string, settings ...string) map[string]any {
	t.Helper()
	return must[map[string]any](t)(Values(file, settings...))
}

// A namespace of this name, with the release `gk` in it that is not installed yet.
func site(t *testing.T, name string) *Release {
	t.Helper()
	if err := cluster.NewNamespace(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, warning := range cluster.Warnings() {
			t.Errorf("the API server warns: %s", warning)
		}
	})
	return must[*Release](t)(cluster.Release(chart, name, "gk"))
}

func everything(t *testing.T, namespace string) Objects {
	t.Helper()
	return must[Objects](t)(cluster.Everything(t.Context(), namespace))
}

func deployment(t *testing.T, namespace string) *apps.Deployment {
	t.Helper()
	return must[*apps.Deployment](t)(cluster.Client.AppsV1().Deployments(namespace).Get(t.Context(), workload, meta.GetOptions{}))
}

func settings(t *testing.T, namespace string) string {
	t.Helper()
	found := must[*core.ConfigMap](t)(cluster.Client.CoreV1().ConfigMaps(namespace).Get(t.Context(), workload, meta.GetOptions{}))
	return found.Data["gaitkeeper.toml"]
}

// Waits until the controllers have done what the Deployment asks for: pods that the API server let in.
func rolledOut(t *testing.T, namespace string) {
	t.Helper()
	err := until(t.Context(), 30*time.Second, func() error {
		found := deployment(t, namespace)
		if found.Status.ObservedGeneration != found.Generation || found.Status.UpdatedReplicas != *found.Spec.Replicas {
			return fmt.Errorf("%+v", found.Status)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// Everything is gone but for these, at the latest when the garbage is collected.
func leaves(t *testing.T, namespace string, kept ...string) {
	t.Helper()
	err := until(t.Context(), 60*time.Second, func() error {
		if left := everything(t, namespace).Names(); !slices.Equal(left, kept) {
			return fmt.Errorf("left in %s: %v, not %v", namespace, left, kept)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func kept(file string) []string {
	if short(file) == "sqlite" {
		return []string{"PersistentVolumeClaim/" + workload}
	}
	return nil
}

func podOf(t *testing.T, spec core.PodTemplateSpec) *unstructured.Unstructured {
	t.Helper()
	pod := core.Pod{
		TypeMeta:   meta.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: meta.ObjectMeta{Name: "of-the-template", Labels: spec.Labels, Annotations: spec.Annotations},
		Spec:       spec.Spec,
	}
	// Pods need their ServiceAccount; it comes with the release.
	pod.Spec.ServiceAccountName = "default"
	return &unstructured.Unstructured{Object: must[map[string]any](t)(runtime.DefaultUnstructuredConverter.ToUnstructured(&pod))}
}
