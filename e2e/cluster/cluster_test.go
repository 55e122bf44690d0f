package cluster

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	helm "helm.sh/helm/v3/pkg/release"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	failures "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
)

const (
	chart    = "../../helm/gaitkeeper"
	workload = "gk-gaitkeeper"
)

var cluster *Cluster

// Told by `run`.
func given(name string) string {
	value := os.Getenv("E2E_CLUSTER_" + name)
	if value == "" {
		panic("E2E_CLUSTER_" + name + " is not set: start ./run")
	}
	return value
}

func TestMain(m *testing.M) { os.Exit(withCluster(m)) }

func withCluster(m *testing.M) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	begun := time.Now()
	var err error
	if cluster, err = Start(ctx, given("SERVERS"), filepath.Join(given("WORK"), "cluster")); err != nil {
		fmt.Fprintln(os.Stderr, "the API server:", err)
		return 1
	}
	defer cluster.Stop()
	context.AfterFunc(ctx, func() { cluster.Stop() })
	gateway, monitoring := given("GATEWAY_API")+"/config/crd/standard/", given("PROMETHEUS_OPERATOR")+"/example/prometheus-operator-crd/"
	if err := cluster.Define(ctx, gateway+"gateway.networking.k8s.io_httproutes.yaml",
		monitoring+"monitoring.coreos.com_servicemonitors.yaml", monitoring+"monitoring.coreos.com_prometheusrules.yaml"); err != nil {
		fmt.Fprintln(os.Stderr, "CRDs:", err)
		return 1
	}
	version, err := cluster.Client.Discovery().ServerVersion()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Printf("cluster: kube-apiserver %s is ready after %.0f s\n", version.GitVersion, time.Since(begun).Seconds())
	return m.Run()
}

// Each object of each example is known to the API server, field by field; pods get past Pod Security, but not without
// what makes them `restricted`.
func TestTheAPIServerAcceptsEveryManifest(t *testing.T) {
	for _, file := range examples(t) {
		t.Run(short(file), func(t *testing.T) {
			release := site(t, "accept-"+short(file))
			rendered := must[*helm.Release](t)(release.DryRun(values(t, file)))
			manifests := must[[]*unstructured.Unstructured](t)(Manifests(rendered.Manifest))
			for _, hook := range rendered.Hooks {
				manifests = append(manifests, must[[]*unstructured.Unstructured](t)(Manifests(hook.Manifest))...)
			}
			pods := 0
			for _, manifest := range manifests {
				if manifest.GetKind() == "Pod" {
					pods++
					unstructured.RemoveNestedField(manifest.Object, "spec", "serviceAccountName")
				}
				if err := cluster.Accepts(t.Context(), release.Namespace, manifest); err != nil {
					t.Errorf("%s %s: %v", manifest.GetKind(), manifest.GetName(), err)
				}
				unknown := manifest.DeepCopy()
				unknown.Object["spek"] = map[string]any{}
				if err := cluster.Accepts(t.Context(), release.Namespace, unknown); err == nil {
					t.Errorf("%s with an unknown field is accepted", manifest.GetKind())
				}
				if manifest.GetKind() != "Deployment" {
					continue
				}
				var made apps.Deployment
				if err := runtime.DefaultUnstructuredConverter.FromUnstructured(manifest.Object, &made); err != nil {
					t.Fatal(err)
				}
				if err := cluster.Accepts(t.Context(), release.Namespace, podOf(t, made.Spec.Template)); err != nil {
					t.Error(err)
				}
				for name, weaken := range map[string]func(*core.PodSpec){
					"capabilities": func(pod *core.PodSpec) { pod.Containers[0].SecurityContext.Capabilities = nil },
					"root":         func(pod *core.PodSpec) { pod.SecurityContext.RunAsNonRoot = nil },
					"seccomp":      func(pod *core.PodSpec) { pod.SecurityContext.SeccompProfile = nil },
					"host":         func(pod *core.PodSpec) { pod.HostNetwork = true },
				} {
					weak := made.DeepCopy().Spec.Template
					weaken(&weak.Spec)
					err := cluster.Accepts(t.Context(), release.Namespace, podOf(t, weak))
					if err == nil || !strings.Contains(err.Error(), "violates PodSecurity") {
						t.Errorf("%s: %v", name, err)
					}
				}
			}
			if tested := short(file) != "sqlite"; (pods == 1) != tested {
				t.Errorf("%d pods of `helm test`", pods)
			}
			leaves(t, release.Namespace)
		})
	}
}

func TestEveryExampleIsInstalledUpgradedRolledBackAndUninstalled(t *testing.T) {
	for _, file := range examples(t) {
		t.Run(short(file), func(t *testing.T) {
			release := site(t, "life-"+short(file))
			installed := must[*helm.Release](t)(release.Install(values(t, file), Sent))
			made := everything(t, release.Namespace).OfHelm()
			wanted := []string{}
			for _, manifest := range must[[]*unstructured.Unstructured](t)(Manifests(installed.Manifest)) {
				wanted = append(wanted, manifest.GetKind()+"/"+manifest.GetName())
			}
			if slices.Sort(wanted); !slices.Equal(made.Names(), wanted) {
				t.Errorf("made: %v, not %v", made.Names(), wanted)
			}
			if !strings.Contains(installed.Info.Notes, "/cds-services") {
				t.Errorf("notes: %s", installed.Info.Notes)
			}
			rolledOut(t, release.Namespace)
			first, text := deployment(t, release.Namespace), settings(t, release.Namespace)
			if first.Generation != 1 {
				t.Errorf("changed %d times by an installation", first.Generation)
			}

			must[*helm.Release](t)(release.Upgrade(values(t, file), Sent, patience))
			if again := deployment(t, release.Namespace); again.Generation != 1 {
				t.Error("the same values change the Deployment")
			}

			must[*helm.Release](t)(release.Upgrade(values(t, file, "config.limits.body=7 MiB"), Sent, patience))
			rolledOut(t, release.Namespace)
			second := deployment(t, release.Namespace)
			if now := settings(t, release.Namespace); second.Generation != 2 || !strings.Contains(now, "body = \"7 MiB\"\n") ||
				strings.Contains(text, "7 MiB") {
				t.Errorf("generation %d, settings %s", second.Generation, now)
			}
			const sum = "checksum/config"
			if first.Spec.Template.Annotations[sum] == second.Spec.Template.Annotations[sum] {
				t.Error("pods would keep the old settings")
			}

			if err := release.Rollback(1, Sent); err != nil {
				t.Fatal(err)
			}
			rolledOut(t, release.Namespace)
			third := deployment(t, release.Namespace)
			if third.Generation != 3 || !reflect.DeepEqual(third.Spec, first.Spec) || settings(t, release.Namespace) != text {
				t.Errorf("not as it was: %+v", third.Spec)
			}
			for _, difference := range everything(t, release.Namespace).OfHelm().Differences(made) {
				t.Errorf("not as it was: %s", difference)
			}

			if err := release.Uninstall(); err != nil {
				t.Fatal(err)
			}
			leaves(t, release.Namespace, kept(file)...)
		})
	}
}

// An upgrade from each example to each other ends where an installation would, and so does a rollback.
func TestAnUpgradeEndsWhereAnInstallationDoes(t *testing.T) {
	release := site(t, "change")
	files := examples(t)
	claim := "PersistentVolumeClaim/" + workload
	claims := cluster.Client.CoreV1().PersistentVolumeClaims(release.Namespace)
	fresh := []Objects{}
	for _, file := range files {
		must[*helm.Release](t)(release.Install(values(t, file), Sent))
		rolledOut(t, release.Namespace)
		fresh = append(fresh, everything(t, release.Namespace).OfHelm())
		if err := release.Uninstall(); err != nil {
			t.Fatal(err)
		}
		if err := claims.Delete(t.Context(), workload, meta.DeleteOptions{}); err != nil && !failures.IsNotFound(err) {
			t.Fatal(err)
		}
		leaves(t, release.Namespace)
	}
	// Every ordered pair once.
	way := []int{}
	for from := range files {
		for to := from + 1; to < len(files); to++ {
			way = append(way, from, to)
		}
	}
	way = append(way, 0)
	compare := func(how string, to int) {
		t.Helper()
		rolledOut(t, release.Namespace)
		found, wanted := everything(t, release.Namespace).OfHelm(), fresh[to]
		// Feedback stays, whatever comes.
		if _, there := found[claim]; there {
			wanted = Objects{claim: found[claim]}
			for name, object := range fresh[to] {
				wanted[name] = object
			}
		}
		for _, difference := range found.Differences(wanted) {
			t.Errorf("%s: %s", how, difference)
		}
	}
	revisions := map[int]int{}
	must[*helm.Release](t)(release.Install(values(t, files[way[0]]), Sent))
	for i, to := range way[1:] {
		upgraded := must[*helm.Release](t)(release.Upgrade(values(t, files[to]), Sent, patience))
		revisions[to] = upgraded.Version
		compare(fmt.Sprintf("from %s to %s", short(files[way[i]]), short(files[to])), to)
	}
	if len(way) != len(files)*(len(files)-1)+1 || len(revisions) != len(files) {
		t.Errorf("not every pair: %v", way)
	}
	for to, revision := range revisions {
		if err := release.Rollback(revision, Sent); err != nil {
			t.Fatalf("back to %s: %v", short(files[to]), err)
		}
		compare("back to "+short(files[to]), to)
	}
	if err := release.Uninstall(); err != nil {
		t.Fatal(err)
	}
	leaves(t, release.Namespace, claim)
}

func TestWhatContradictsIsRefusedBeforeAnythingIsMade(t *testing.T) {
	release := site(t, "refused")
	rows := []struct {
		file, told string
		settings   []string
	}{
		{"../chart/testdata/contradictions.yaml", "thing(s) to put right", nil},
		{example("tls"), "several replicas", []string{"replicaCount=2"}},
		{example("tls"), "replicas", []string{"replicas=2"}},
		{example("tls"), "bodi", []string{"config.limits.bodi=1 MiB"}},
	}
	for _, row := range rows {
		if _, err := release.Install(values(t, row.file, row.settings...), Sent); err == nil || !strings.Contains(err.Error(), row.told) {
			t.Errorf("%s %v: %v", row.file, row.settings, err)
		}
		leaves(t, release.Namespace)
		if there := must[bool](t)(release.Installed()); there {
			t.Error("Helm knows a release that was refused")
		}
	}
	must[*helm.Release](t)(release.Install(values(t, example("tls")), Sent))
	rolledOut(t, release.Namespace)
	before := everything(t, release.Namespace)
	for _, row := range rows {
		if _, err := release.Upgrade(values(t, row.file, row.settings...), Sent, patience); err == nil || !strings.Contains(err.Error(), row.told) {
			t.Errorf("%s %v: %v", row.file, row.settings, err)
		}
	}
	for _, difference := range everything(t, release.Namespace).Differences(before) {
		t.Errorf("changed by what was refused: %s", difference)
	}
	if err := release.Uninstall(); err != nil {
		t.Fatal(err)
	}
	leaves(t, release.Namespace)
}
