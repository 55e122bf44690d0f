package cluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	failures "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	options "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	documents "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/restmapper"
	"sigs.k8s.io/yaml"
)

// The label of what a site lays out itself before it installs the chart.
const siteLabel = "e2e.gaitkeeper/site"

// NewNamespace makes one that lets in nothing but pods that are `restricted`.
func (c *Cluster) NewNamespace(ctx context.Context, name string) error {
	_, err := c.Client.CoreV1().Namespaces().Create(ctx, &core.Namespace{ObjectMeta: options.ObjectMeta{
		Name: name,
		Labels: map[string]string{
			"pod-security.kubernetes.io/enforce": "restricted",
			"pod-security.kubernetes.io/warn":    "restricted",
		},
	}}, options.CreateOptions{})
	return err
}

// Object is one as the API server has it.
type Object map[string]any

// Objects by kind and name.
type Objects map[string]Object

// Everything in a namespace, except for what is there of itself: events, the ServiceAccount `default`, and what the site
// laid out.
func (c *Cluster) Everything(ctx context.Context, namespace string) (Objects, error) {
	lists, err := c.Client.Discovery().ServerPreferredNamespacedResources()
	if err != nil {
		return nil, err
	}
	found := Objects{}
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return nil, err
		}
		for _, resource := range list.APIResources {
			// Endpoints are old: nothing makes any here.
			if !slices.Contains(resource.Verbs, "list") || slices.Contains([]string{"Event", "Endpoints"}, resource.Kind) {
				continue
			}
			objects, err := c.Dynamic.Resource(version.WithResource(resource.Name)).Namespace(namespace).
				List(ctx, options.ListOptions{LabelSelector: "!" + siteLabel})
			if err != nil {
				return nil, fmt.Errorf("%s: %w", resource.Name, err)
			}
			for _, object := range objects.Items {
				if name := object.GetKind() + "/" + object.GetName(); name != "ServiceAccount/default" {
					found[name] = object.Object
				}
			}
		}
	}
	return found, nil
}

// Names in order.
func (o Objects) Names() (names []string) {
	for name := range o {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// OfHelm are those that Helm made, without what differs each time that they are made.
func (o Objects) OfHelm() Objects {
	found := Objects{}
	for name, object := range o {
		whole := (&unstructured.Unstructured{Object: object}).DeepCopy()
		// A ReplicaSet has the annotations of its Deployment.
		if whole.GetAnnotations()["meta.helm.sh/release-name"] == "" || len(whole.GetOwnerReferences()) > 0 {
			continue
		}
		for _, path := range [][]string{
			{"metadata", "uid"}, {"metadata", "resourceVersion"}, {"metadata", "managedFields"}, {"metadata", "finalizers"},
			{"metadata", "creationTimestamp"}, {"metadata", "generation"}, {"status"},
			{"metadata", "annotations", "deployment.kubernetes.io/revision"},
		} {
			unstructured.RemoveNestedField(whole.Object, path...)
		}
		if address, _, _ := unstructured.NestedString(whole.Object, "spec", "clusterIP"); address != core.ClusterIPNone {
			unstructured.RemoveNestedField(whole.Object, "spec", "clusterIP")
			unstructured.RemoveNestedField(whole.Object, "spec", "clusterIPs")
		}
		found[name] = whole.Object
	}
	return found
}

// Differences from what was wanted, by path.
func (o Objects) Differences(wanted Objects) (found []string) {
	plain := func(objects Objects) map[string]any {
		values := map[string]any{}
		for name, object := range objects {
			values[name] = map[string]any(object)
		}
		return values
	}
	var compare func(path string, is, wanted any)
	compare = func(path string, is, wanted any) {
		ours, both := is.(map[string]any)
		theirs, same := wanted.(map[string]any)
		if !both || !same {
			if !reflect.DeepEqual(is, wanted) {
				found = append(found, fmt.Sprintf("%s is %v, not %v", path, is, wanted))
			}
			return
		}
		for _, name := range slices.Sorted(maps.Keys(ours)) {
			compare(path+"."+name, ours[name], theirs[name])
		}
		for _, name := range slices.Sorted(maps.Keys(theirs)) {
			if _, there := ours[name]; !there {
				compare(path+"."+name, nil, theirs[name])
			}
		}
	}
	compare("", plain(o), plain(wanted))
	return found
}

// Manifests are the documents of a YAML text.
func Manifests(text string) (found []*unstructured.Unstructured, err error) {
	reader := documents.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal(document, &object.Object); err != nil {
			return nil, err
		}
		if len(object.Object) > 0 {
			found = append(found, object)
		}
	}
}

// Accepts asks the API server whether it would make the object, every field of which it must know.
func (c *Cluster) Accepts(ctx context.Context, namespace string, object *unstructured.Unstructured) error {
	groups, err := restmapper.GetAPIGroupResources(c.Client.Discovery())
	if err != nil {
		return err
	}
	kind := object.GroupVersionKind()
	mapping, err := restmapper.NewDiscoveryRESTMapper(groups).RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return err
	}
	if mapping.Scope.Name() != meta.RESTScopeNameNamespace {
		return fmt.Errorf("%s %s does not belong to a namespace", kind.Kind, object.GetName())
	}
	_, err = c.Dynamic.Resource(mapping.Resource).Namespace(namespace).Create(ctx, object, options.CreateOptions{
		DryRun: []string{options.DryRunAll}, FieldValidation: options.FieldValidationStrict,
	})
	if failures.IsAlreadyExists(err) {
		return nil
	}
	return err
}
