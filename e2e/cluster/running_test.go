package cluster

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	helm "helm.sh/helm/v3/pkg/release"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// What a site lays out before it installs the chart: certificate, authorities, overlays, a key for the tests, a volume.
// Returns the public keys of the tests, and where the volume is.
func layOut(t *testing.T, namespace string) (keySet, volume string) {
	t.Helper()
	certificate := must[Certificate](t)(NewCertificate(workload + "." + namespace + ".svc"))
	keys := t.TempDir()
	signingKey := filepath.Join(keys, "key.p8")
	told, err := exec.Command(given("GAITKEEPER"), "token", "--key", signingKey, "--client").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, told)
	}
	found := regexp.MustCompile(`(?m)^key_set = '(.*)'$`).FindSubmatch(told)
	if found == nil {
		t.Fatalf("no key set: %s", told)
	}
	if told, err := exec.Command(given("GAITKEEPER"), "token", "--key", filepath.Join(keys, "other.p8"), "--client").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, told)
	}
	read := func(name string) []byte { return must[[]byte](t)(os.ReadFile(filepath.Join(keys, name))) }
	about := func(name string) meta.ObjectMeta {
		return meta.ObjectMeta{Name: name, Labels: map[string]string{siteLabel: "true"}}
	}
	for _, secret := range []*core.Secret{
		{
			ObjectMeta: about("tls"), Type: core.SecretTypeTLS,
			Data: map[string][]byte{"tls.crt": certificate.Certificate, "tls.key": certificate.Key},
		},
		{ObjectMeta: about("signing-key"), Data: map[string][]byte{"key.p8": read("key.p8")}},
		{ObjectMeta: about("other-key"), Data: map[string][]byte{"key.p8": read("other.p8")}},
	} {
		must[*core.Secret](t)(cluster.Client.CoreV1().Secrets(namespace).Create(t.Context(), secret, meta.CreateOptions{}))
	}
	for _, file := range []*core.ConfigMap{
		{ObjectMeta: about("ca"), Data: map[string]string{"ca-bundle.crt": string(certificate.Authority)}},
		{ObjectMeta: about("overlay-1"), Data: map[string]string{"overlay.yaml": "site: Site of the cluster\n"}},
		{ObjectMeta: about("overlay-2"), Data: map[string]string{"overlay.yaml": "side: A key that no overlay has\n"}},
	} {
		must[*core.ConfigMap](t)(cluster.Client.CoreV1().ConfigMaps(namespace).Create(t.Context(), file, meta.CreateOptions{}))
	}
	// Below a root that the user of the pods may enter.
	volume = filepath.Join(given("WORK"), "claims", namespace)
	must[*core.PersistentVolume](t)(cluster.Client.CoreV1().PersistentVolumes().Create(t.Context(), &core.PersistentVolume{
		ObjectMeta: meta.ObjectMeta{Name: namespace},
		Spec: core.PersistentVolumeSpec{
			Capacity:                      core.ResourceList{core.ResourceStorage: resource.MustParse("1Gi")},
			AccessModes:                   []core.PersistentVolumeAccessMode{core.ReadWriteOnce},
			PersistentVolumeReclaimPolicy: core.PersistentVolumeReclaimRetain,
			PersistentVolumeSource:        core.PersistentVolumeSource{HostPath: &core.HostPathVolumeSource{Path: volume}},
		},
	}, meta.CreateOptions{}))
	return string(found[1]), volume
}

// The chart is installed, and what the API server then holds is run: pods of the controllers, their volumes, environment
// and arguments, as another user in a root that cannot be written. `helm test` runs its own pod there, which reaches the
// service by the Service, and fails when it should.
func TestWhatIsInstalledServes(t *testing.T) {
	const namespace = "cds"
	release := site(t, namespace)
	keySet, volume := layOut(t, namespace)
	node := cluster.NewNode(namespace, given("IMAGE"), filepath.Join(given("WORK"), "pods"))
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		node.Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-stopped
		for _, err := range node.Failures() {
			t.Error(err)
		}
		if t.Failed() {
			for _, container := range []string{"gaitkeeper", "stranger-is-refused", "call-brings-a-card"} {
				for _, ended := range node.Ended(container) {
					t.Logf("%+v", ended)
				}
			}
		}
	})
	of := func(more ...string) map[string]any {
		made := values(t, "values.yaml", more...)
		made["clients"].([]any)[0].(map[string]any)["key_set"] = keySet
		return made
	}
	passes := func() {
		t.Helper()
		if err := release.Test(); err != nil {
			t.Fatalf("helm test: %v", err)
		}
		for container, told := range map[string]string{
			"stranger-is-refused": "ok: a call without a token is answered with 401",
			"call-brings-a-card":  "ok: the call brings PIT07",
		} {
			ended := node.Ended(container)
			if last := ended[len(ended)-1]; last.Code != 0 || !strings.Contains(last.Log, told) {
				t.Errorf("%+v", last)
			}
		}
	}
	fails := func(told string) {
		t.Helper()
		if err := release.Test(); err == nil {
			t.Error("helm test found nothing wrong")
		}
		ended := node.Ended("call-brings-a-card")
		if last := ended[len(ended)-1]; last.Code == 0 || !strings.Contains(last.Log, told) {
			t.Errorf("%+v", last)
		}
	}
	// Each stop so far was a clean one.
	stops := func(many int) {
		t.Helper()
		ended := node.Ended("gaitkeeper")
		if len(ended) != many {
			t.Errorf("%d stops, not %d", len(ended), many)
		}
		for _, one := range ended {
			if one.Code != 0 {
				t.Errorf("%+v", one)
			}
		}
	}

	must[*helm.Release](t)(release.Install(of(), Ready))
	if err := cluster.Expose(t.Context(), namespace, workload); err != nil {
		t.Fatal(err)
	}
	isRunAs(t, node)
	isReady(t, namespace)
	passes()
	if log := node.Processes("gaitkeeper")[0].log.String(); !strings.Contains(log, "Site of the cluster") {
		t.Errorf("the overlay is not in force: %s", log)
	}
	feedback := filepath.Join(volume, "feedback.sqlite")
	if _, err := os.Stat(feedback); err != nil {
		t.Errorf("feedback is not on the volume: %v", err)
	}

	// New settings are in force after an upgrade, and the old ones after a rollback.
	must[*helm.Release](t)(release.Upgrade(of("config.limits.body=1 KiB"), Ready, patience))
	stops(1)
	fails("is answered with 413")
	if err := release.Rollback(1, Ready); err != nil {
		t.Fatal(err)
	}
	stops(2)
	passes()

	// A key that the service does not know is refused.
	must[*helm.Release](t)(release.Upgrade(of("tests.signingKey.existingSecret=other-key"), Ready, patience))
	stops(2)
	fails("is answered with 401")

	// What does not start is taken back, and told.
	if _, err := release.Upgrade(of("knowledge.overlay.existingConfigMap=overlay-2"), Atomic, 10*time.Second); err == nil {
		t.Error("an overlay that does not fit is in force")
	}
	ended := node.Ended("gaitkeeper")
	if at := slices.IndexFunc(ended, func(one Ended) bool { return one.Code != 0 && strings.Contains(one.Log, "overlay.yaml") }); at < 0 {
		t.Errorf("nothing ended because of the overlay: %+v", ended)
	}
	must[*helm.Release](t)(release.Upgrade(of(), Ready, patience))
	passes()

	// Feedback outlives the release, and the next one finds it.
	if err := release.Uninstall(); err != nil {
		t.Fatal(err)
	}
	leaves(t, namespace, "PersistentVolumeClaim/"+workload)
	before := must[os.FileInfo](t)(os.Stat(feedback))
	must[*helm.Release](t)(release.Install(of(), Ready))
	if after := must[os.FileInfo](t)(os.Stat(feedback)); !os.SameFile(before, after) {
		t.Error("another file for feedback")
	}
	if err := release.Uninstall(); err != nil {
		t.Fatal(err)
	}
	leaves(t, namespace, "PersistentVolumeClaim/"+workload)
}

// The process has the user, the groups and the root that the pod says, and cannot write but to its volume.
func isRunAs(t *testing.T, node *Node) {
	t.Helper()
	running := node.Processes("gaitkeeper")
	if len(running) != 1 {
		t.Fatalf("%d processes", len(running))
	}
	folder := fmt.Sprintf("/proc/%d/", running[0].command.Process.Pid)
	status := string(must[[]byte](t)(os.ReadFile(folder + "status")))
	for _, line := range []string{"Uid:\t65532\t65532\t65532\t65532\n", "Gid:\t65532\t65532\t65532\t65532\n", "Groups:\t65532", "CapEff:\t0000000000000000\n"} {
		if !strings.Contains(status, line) {
			t.Errorf("no %q in %s", line, status)
		}
	}
	for _, path := range []string{"written", "etc/gaitkeeper/config/written", "etc/gaitkeeper/tls/written"} {
		if err := os.WriteFile(folder+"root/"+path, nil, 0o600); err == nil {
			t.Errorf("%s can be written", path)
		}
	}
	if _, err := os.Stat(folder + "root/etc/gaitkeeper/config/gaitkeeper.toml"); err != nil {
		t.Error(err)
	}
}

// Both Services lead to the pod, which says that it is ready.
func isReady(t *testing.T, namespace string) {
	t.Helper()
	for name, port := range map[string]string{workload: "https", workload + "-platform": "platform"} {
		service := must[*core.Service](t)(cluster.Client.CoreV1().Services(namespace).Get(t.Context(), name, meta.GetOptions{}))
		endpoint := must[string](t)(cluster.endpoint(t.Context(), service, port))
		if port != "platform" {
			continue
		}
		answer := must[*http.Response](t)(http.Get("http://" + endpoint + "/readyz"))
		body := must[[]byte](t)(io.ReadAll(answer.Body))
		if answer.Body.Close(); answer.StatusCode != http.StatusOK || !strings.Contains(string(body), `"ready"`) {
			t.Errorf("%s %s", answer.Status, body)
		}
	}
}
