package chart

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/prometheus/prometheus/promql/parser"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	security "k8s.io/pod-security-admission/api"
	evaluate "k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"
)

const folder = "../../helm/gaitkeeper"

// The lowest version that the chart supports, and the newest that this Helm knows.
var versions = []string{"1.30.0", "1.34.0", "1.37.0"}

func helm(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	var out, told bytes.Buffer
	command := exec.Command("go", append([]string{"tool", "helm"}, arguments...)...)
	command.Stdout, command.Stderr = &out, &told
	err := command.Run()
	if err != nil {
		return told.String() + out.String(), err
	}
	return out.String(), nil
}

func template(t *testing.T, version string, arguments ...string) (string, error) {
	t.Helper()
	return helm(t, append([]string{"template", "gk", folder, "-n", "cds", "--kube-version", version}, arguments...)...)
}

func examples(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(folder + "/ci/*-values.yaml")
	if err != nil || len(files) < 5 {
		t.Fatalf("examples: %v %v", files, err)
	}
	return files
}

func rendered(t *testing.T, file string, more ...string) Manifests {
	t.Helper()
	text, err := template(t, "1.34.0", append([]string{"-f", file}, more...)...)
	if err != nil {
		t.Fatal(text)
	}
	manifests, err := Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return manifests
}

func example(name string) string { return folder + "/ci/" + name + "-values.yaml" }

func TestExamplesPassLint(t *testing.T) {
	for _, file := range examples(t) {
		if told, err := helm(t, "lint", "--strict", "--kube-version", "1.34.0", folder, "-f", file); err != nil {
			t.Errorf("%s: %s", file, told)
		}
	}
}

func TestExamplesAreKnownToKubernetes(t *testing.T) {
	for _, file := range examples(t) {
		for _, version := range versions {
			text, err := template(t, version, "-f", file)
			if err != nil {
				t.Errorf("%s for %s: %s", file, version, text)
			} else if _, err := Read([]byte(text)); err != nil {
				t.Errorf("%s for %s: %v", file, version, err)
			}
		}
	}
	if told, err := template(t, "1.29.0", "-f", example("tls")); err == nil || !strings.Contains(told, "kubeVersion") {
		t.Errorf("an old cluster is not refused: %s", told)
	}
}

func TestAManifestWithAnUnknownFieldIsFound(t *testing.T) {
	for _, text := range []string{
		"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {prots: []}\n",
		"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: http}]}\n",
		"apiVersion: v2\nkind: Service\nmetadata: {name: a}\n",
		"apiVersion: v1\nkind: Service\nmetadata: {name: a}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: a}\n",
	} {
		if _, err := Read([]byte(text)); err == nil {
			t.Errorf("taken: %s", text)
		}
	}
}

func TestTheSchemaRefuses(t *testing.T) {
	for setting, told := range map[string]string{
		"replicas=2":                      "replicas",
		"config.limits.bodi=1 MiB":        "bodi",
		"config.limits.body=sixteen":      "/config/limits/body",
		"config.server.listen=0.0.0.0:1":  "server",
		"config.log.level=verbose":        "/config/log/level",
		"clients[0].secret=x":             "secret",
		"clients[0].dialect=cerner":       "/clients/0/dialect",
		"feedback.postgres.password=x":    "password",
		"feedback.store=mysql":            "/feedback/store",
		"image.digest=latest":             "/image/digest",
		"publicUrl=http://cds.example":    "/publicUrl",
		"trustedProxies[0]=everyone":      "/trustedProxies/0",
		"traces.endpoint=collector:4317": "/traces/endpoint",
		"replicaCount=0":                  "/replicaCount",
		"networkPolicy.ingress.enabled=0": "ingress",
	} {
		said, err := template(t, "1.34.0", "-f", example("tls"), "--set", setting)
		if err == nil || !strings.Contains(said, "schema") || !strings.Contains(said, told) {
			t.Errorf("%s: %s", setting, said)
		}
	}
}

func TestEveryContradictionIsToldAtOnce(t *testing.T) {
	said, err := template(t, "1.34.0", "-f", "testdata/contradictions.yaml")
	if err == nil {
		t.Fatal("installed")
	}
	for _, told := range []string{
		"`tls.clientAuthorities` needs `tls.existingSecret`",
		"`tests.enabled` with `tls.clientAuthorities`",
		"neither `tls.existingSecret` nor `trustedProxies`",
		"`ingress` or `httpRoute` without `trustedProxies`",
		"`ingress` and `httpRoute` are both enabled",
		"`httpRoute.parentRefs` is empty",
		"`ingress.tlsSecret` is empty",
		"several replicas with `feedback.store: sqlite`",
		"`autoscaling.minReplicas` is above",
		"`autoscaling` needs `resources.requests.cpu`",
		"`clients[1]`: the name `hospital` is taken",
		"`clients[1]` must have exactly one of",
		"`clients[0]`: `key_set` holds a private key",
		"`clients[2]`: `key_set_file` needs `keySets.existingConfigMap`",
		"`clients[3]`: the issuer is that of another client",
		"`clients[3]`: the dialect `oracle` needs `tenants`",
		"`config.auth.used_tokens: database` with `feedback.store: sqlite`",
		"`resources.limits.memory` is less than 4096 calls with bodies of 16 MiB take",
		"`prometheusRule` without `serviceMonitor`",
		"`config.log.level` is finer than `info`",
		"`networkPolicy.clients` is empty",
		"`networkPolicy.egress` is empty",
		"`tests.signingKey` needs `tests.issuer`",
		"`publicUrl` must begin with https://",
		"`traces.peers` is empty",
		"`traces.endpoint` must begin with https://",
		"26 thing(s)",
	} {
		if !strings.Contains(said, told) {
			t.Errorf("not told: %s", told)
		}
	}
	if t.Failed() {
		t.Log(said)
	}
}

func TestOneContradictionIsTold(t *testing.T) {
	for _, row := range []struct{ file, setting, told string }{
		{"tls", "replicaCount=2", "several replicas with `feedback.store: memory`"},
		{"sqlite", "replicaCount=2", "several replicas with `feedback.store: sqlite`"},
		{"tls", "feedback.store=postgres", "needs `feedback.postgres.existingSecret`"},
		{"tls", "clients=null", "`clients` is empty"},
		{"production", "resources.limits.memory=256Mi", "`resources.limits.memory` is less than 56 calls"},
		{"production", "networkPolicy.metrics=null", "`networkPolicy.metrics` is empty"},
	} {
		said, err := template(t, "1.34.0", "-f", example(row.file), "--set", row.setting)
		if err == nil || !strings.Contains(said, row.told) || !strings.Contains(said, "1 thing(s)") {
			t.Errorf("%s: %s", row.setting, said)
		}
	}
}

// The proxy ends TLS and begins it anew on the way to the pods.
func TestBehindAnIngressThePodsMayHaveACertificate(t *testing.T) {
	service, _ := Of[*core.Service](rendered(t, example("ingress"), "--set", "tls.existingSecret=x"), "Service/gk-gaitkeeper")
	if service.Spec.Ports[0].Name != "https" {
		t.Error(service.Spec.Ports)
	}
}

// Pods as the admission of a namespace with Pod Security `restricted` judges them.
func TestPodsAreRestricted(t *testing.T) {
	judge, err := evaluate.NewEvaluator(evaluate.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	level := security.LevelVersion{Level: security.LevelRestricted, Version: security.LatestVersion()}
	refused := func(pod core.PodTemplateSpec) (reasons []string) {
		for _, result := range judge.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec) {
			if !result.Allowed {
				reasons = append(reasons, result.ForbiddenReason+": "+result.ForbiddenDetail)
			}
		}
		return reasons
	}
	for _, file := range examples(t) {
		for name, pod := range pods(rendered(t, file)) {
			if reasons := refused(pod); len(reasons) > 0 {
				t.Errorf("%s %s: %v", file, name, reasons)
			}
			if told := pod.Spec.AutomountServiceAccountToken; told == nil || *told {
				t.Errorf("%s %s has a token of the API", file, name)
			}
			for _, container := range pod.Spec.Containers {
				if only := container.SecurityContext.ReadOnlyRootFilesystem; only == nil || !*only {
					t.Errorf("%s %s: its root can be written", file, name)
				}
				if container.Resources.Limits.Memory().IsZero() {
					t.Errorf("%s %s: no memory limit", file, name)
				}
			}
			pod.Spec.Containers[0].SecurityContext.Capabilities = nil
			if len(refused(pod)) == 0 {
				t.Errorf("%s %s: nothing would be refused", file, name)
			}
		}
	}
}

func TestWhatIsMountedIsThere(t *testing.T) {
	for _, file := range examples(t) {
		manifests := rendered(t, file)
		for name, pod := range pods(manifests) {
			volumes := map[string]bool{}
			for _, volume := range pod.Spec.Volumes {
				volumes[volume.Name] = false
			}
			for _, container := range pod.Spec.Containers {
				for _, mount := range container.VolumeMounts {
					if _, there := volumes[mount.Name]; !there {
						t.Errorf("%s %s: no volume %s", file, name, mount.Name)
					}
					volumes[mount.Name] = true
				}
			}
			for volume, used := range volumes {
				if !used {
					t.Errorf("%s %s: nobody mounts %s", file, name, volume)
				}
			}
		}
		deployment, _ := Of[*apps.Deployment](manifests, "Deployment/gk-gaitkeeper")
		ports := []string{}
		for _, port := range deployment.Spec.Template.Spec.Containers[0].Ports {
			ports = append(ports, port.Name)
		}
		for name, object := range manifests {
			if service, is := object.(*core.Service); is {
				if port := service.Spec.Ports[0].TargetPort.StrVal; !slices.Contains(ports, port) {
					t.Errorf("%s %s: no port %s", file, name, port)
				}
				if service.Spec.Ports[0].Name != "platform" && slices.Contains(ports, service.Spec.Ports[0].Name) != true {
					t.Errorf("%s %s: %v", file, name, service.Spec.Ports)
				}
			}
		}
		stop := deployment.Spec.Template.Spec
		if *stop.TerminationGracePeriodSeconds <= stop.Containers[0].Lifecycle.PreStop.Sleep.Seconds+20 {
			t.Errorf("%s: killed before calls are finished", file)
		}
	}
}

func TestSeveralReplicasRememberUsedTokensTogether(t *testing.T) {
	for file, shared := range map[string]bool{"production": true, "sqlite": false} {
		settings, _ := Of[*core.ConfigMap](rendered(t, example(file)), "ConfigMap/gk-gaitkeeper")
		if strings.Contains(settings.Data["gaitkeeper.toml"], `used_tokens = "database"`) != shared {
			t.Errorf("%s: %s", file, settings.Data["gaitkeeper.toml"])
		}
	}
	own := rendered(t, example("production"), "--set", "config.auth.used_tokens=memory")
	settings, _ := Of[*core.ConfigMap](own, "ConfigMap/gk-gaitkeeper")
	if !strings.Contains(settings.Data["gaitkeeper.toml"], `used_tokens = "memory"`) {
		t.Error("the site's own setting is lost")
	}
}

func TestValuesReachManifests(t *testing.T) {
	production := rendered(t, example("production"))
	deployment, _ := Of[*apps.Deployment](production, "Deployment/gk-gaitkeeper")
	if deployment.Spec.Replicas != nil {
		t.Error("replicas would fight with the autoscaler")
	}
	container := deployment.Spec.Template.Spec.Containers[0]
	if !strings.HasSuffix(container.Image, "@sha256:"+strings.Repeat("0123456789abcdef", 4)) {
		t.Error(container.Image)
	}
	for _, env := range container.Env {
		if env.Name == "GAITKEEPER__FEEDBACK__DATABASE" && env.ValueFrom.SecretKeyRef.Name != "gaitkeeper-database" {
			t.Error(env)
		}
	}
	for _, kind := range []string{"HorizontalPodAutoscaler", "PodDisruptionBudget", "ServiceMonitor", "PrometheusRule"} {
		if _, made := production[kind+"/gk-gaitkeeper"]; !made {
			t.Errorf("no %s", kind)
		}
	}
	if _, made := production["ConfigMap/gk-extra"]; !made {
		t.Error("no extra manifest")
	}
	network, _ := Of[*networking.NetworkPolicy](production, "NetworkPolicy/gk-gaitkeeper")
	if len(network.Spec.PolicyTypes) != 2 || len(network.Spec.Ingress) != 2 || len(network.Spec.Egress) != 4 {
		t.Errorf("%+v", network.Spec)
	}
	for _, rule := range network.Spec.Ingress {
		if len(rule.From) == 0 || len(rule.Ports) == 0 {
			t.Errorf("open to everybody: %+v", rule)
		}
	}
	for _, rule := range network.Spec.Egress {
		if len(rule.To) == 0 || len(rule.Ports) == 0 {
			t.Errorf("open to everything: %+v", rule)
		}
	}
	sqlite := rendered(t, example("sqlite"))
	deployment, _ = Of[*apps.Deployment](sqlite, "Deployment/gk-gaitkeeper")
	if deployment.Spec.Strategy.Type != apps.RecreateDeploymentStrategyType {
		t.Error("two writers of one file")
	}
	if _, made := sqlite["PersistentVolumeClaim/gk-gaitkeeper"]; !made {
		t.Error("no volume")
	}
	if _, made := sqlite["PodDisruptionBudget/gk-gaitkeeper"]; made {
		t.Error("a budget for one pod keeps its node from being drained")
	}
	if _, made := sqlite["Pod/gk-gaitkeeper-test"]; made {
		t.Error("tests that are off")
	}
	test, _ := Of[*core.Pod](production, "Pod/gk-gaitkeeper-test")
	if len(test.Spec.Containers) != 2 {
		t.Error("not both tests")
	}
	if ingress, _ := Of[*networking.Ingress](rendered(t, example("ingress")), "Ingress/gk-gaitkeeper"); ingress == nil ||
		ingress.Spec.Rules[0].Host != "cds.example.org" {
		t.Errorf("%+v", ingress)
	}
}

func TestAChangeOfSettingsRestartsPods(t *testing.T) {
	sum := func(more ...string) string {
		deployment, _ := Of[*apps.Deployment](rendered(t, example("tls"), more...), "Deployment/gk-gaitkeeper")
		return deployment.Spec.Template.Annotations["checksum/config"]
	}
	if sum() != sum() || sum() == sum("--set", "config.limits.body=8 MiB") {
		t.Error("the checksum does not follow the settings")
	}
}

func TestAlertsAndDashboardAreReadByPrometheus(t *testing.T) {
	production := rendered(t, example("production"))
	rule, _ := Of[*monitoring.PrometheusRule](production, "PrometheusRule/gk-gaitkeeper")
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	expressions := []string{}
	for _, alert := range rule.Spec.Groups[0].Rules {
		expressions = append(expressions, alert.Expr.StrVal)
		link := alert.Annotations["runbook_url"]
		if link != "https://wiki.example.org/gaitkeeper#"+strings.ToLower(alert.Alert) {
			t.Errorf("%s links to %s", alert.Alert, link)
		}
		if !strings.Contains(string(page), "\n### "+alert.Alert+"\n") {
			t.Errorf("docs/operations.md says nothing of %s", alert.Alert)
		}
	}
	dashboard, _ := Of[*core.ConfigMap](production, "ConfigMap/gk-gaitkeeper-dashboard")
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(dashboard.Data["gaitkeeper.json"]), &board); err != nil {
		t.Fatal(err)
	}
	for _, panel := range board.Panels {
		for _, target := range panel.Targets {
			expressions = append(expressions, strings.ReplaceAll(target.Expr, "$__rate_interval", "1m"))
		}
	}
	if len(expressions) < 20 {
		t.Errorf("%d expressions", len(expressions))
	}
	reader := parser.NewParser(parser.Options{})
	for _, expression := range expressions {
		if _, err := reader.ParseExpr(expression); err != nil {
			t.Errorf("%s: %v", expression, err)
		}
	}
}

// What the settings of the service are called is said once, in its own files.
func TestTheSchemaKnowsTheSettingsOfTheService(t *testing.T) {
	var schema struct {
		Properties struct {
			Config struct {
				Properties map[string]struct {
					Properties map[string]any
				}
			}
			Clients struct {
				Items struct{ Properties map[string]any }
			}
		}
	}
	text, err := os.ReadFile(folder + "/values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	// Set by the chart itself, or not meant for a cluster.
	own := []string{"server.", "tls.", "sandbox.", "knowledge.dir", "knowledge.overlay", "feedback.database",
		"log.format", "telemetry.otlp_", "fhir.bases", "fhir.private_bases"}
	settings := keys(t, "../../config/default.toml")
	for _, key := range settings {
		mine := slices.ContainsFunc(own, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
		section, name, _ := strings.Cut(key, ".")
		if _, known := schema.Properties.Config.Properties[section].Properties[name]; known == mine {
			t.Errorf("config/default.toml has `%s`; known to the schema: %v", key, known)
		}
	}
	for section, of := range schema.Properties.Config.Properties {
		for name := range of.Properties {
			if !slices.Contains(settings, section+"."+name) {
				t.Errorf("config/default.toml has no `%s.%s`", section, name)
			}
		}
	}
	client := keys(t, "../../config/client.toml")
	for _, name := range client {
		if _, known := schema.Properties.Clients.Items.Properties[name]; !known {
			t.Errorf("config/client.toml has `%s`, the schema not", name)
		}
	}
	if len(client) != len(schema.Properties.Clients.Items.Properties) {
		t.Error("the schema has settings of clients that config/client.toml has not")
	}
}

// Each value has its place in the schema, so that a comment in one is a key in the other.
func TestTheSchemaKnowsEveryValue(t *testing.T) {
	var values map[string]any
	var schema map[string]any
	for path, into := range map[string]any{"/values.yaml": &values, "/values.schema.json": &schema} {
		text, err := os.ReadFile(folder + path)
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
	}
	var compare func(path string, value any, schema map[string]any)
	compare = func(path string, value any, schema map[string]any) {
		properties, closed := schema["properties"].(map[string]any)
		object, is := value.(map[string]any)
		if !closed || !is {
			return
		}
		if schema["additionalProperties"] != false {
			t.Errorf("%s takes unknown keys", path)
		}
		for name := range object {
			of, known := properties[name].(map[string]any)
			if !known {
				t.Errorf("%s.%s is not in the schema", path, name)
				continue
			}
			compare(path+"."+name, object[name], of)
		}
	}
	compare("", values, schema)
}

func keys(t *testing.T, path string) (found []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	section := ""
	for line := range strings.Lines(string(text)) {
		if match := regexp.MustCompile(`^\[(\w+)\]`).FindStringSubmatch(line); match != nil {
			section = match[1] + "."
		} else if match := regexp.MustCompile(`^(\w+) = `).FindStringSubmatch(line); match != nil {
			found = append(found, section+match[1])
		}
	}
	return found
}

func pods(manifests Manifests) map[string]core.PodTemplateSpec {
	found := map[string]core.PodTemplateSpec{}
	for name, object := range manifests {
		switch object := object.(type) {
		case *apps.Deployment:
			found[name] = object.Spec.Template
		case *core.Pod:
			found[name] = core.PodTemplateSpec{ObjectMeta: object.ObjectMeta, Spec: object.Spec}
		}
	}
	return found
}
