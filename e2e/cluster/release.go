package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/strvals"
	"k8s.io/cli-runtime/pkg/genericclioptions"
)

// Patience is how long Helm waits where it waits.
const patience = 90 * time.Second

// Values as Helm gets them: a file, and what `--set` says after that.
func Values(file string, settings ...string) (map[string]any, error) {
	values, err := chartutil.ReadValuesFile(file)
	if err != nil {
		return nil, err
	}
	for _, setting := range settings {
		if err := strvals.ParseInto(setting, values); err != nil {
			return nil, fmt.Errorf("%s: %w", setting, err)
		}
	}
	return values, nil
}

// Release is one of the chart in a namespace.
type Release struct {
	Name, Namespace string
	chart           string
	helm            *action.Configuration
}

// Release of the chart in this folder, which need not be installed.
func (c *Cluster) Release(chart, namespace, name string) (*Release, error) {
	flags := genericclioptions.NewConfigFlags(false)
	flags.KubeConfig, flags.Namespace = &c.Kubeconfig, &namespace
	flags.WrapConfigFn = c.attentive
	helm := &action.Configuration{}
	if err := helm.Init(flags, namespace, "secret", func(string, ...any) {}); err != nil {
		return nil, err
	}
	return &Release{Name: name, Namespace: namespace, chart: chart, helm: helm}, nil
}

// Wait says what Helm does after it has sent everything.
type Wait int

const (
	// Sent returns at once.
	Sent Wait = iota
	// Ready waits until everything is ready, as `--wait`.
	Ready
	// Atomic waits, and takes everything back if it does not become ready, as `--atomic`.
	Atomic
)

// DryRun asks the API server what it would make of the release, and makes nothing.
func (r *Release) DryRun(values map[string]any) (*release.Release, error) {
	install := action.NewInstall(r.helm)
	install.DryRun, install.DryRunOption = true, "server"
	return r.install(install, values)
}

// Install installs the chart.
func (r *Release) Install(values map[string]any, wait Wait) (*release.Release, error) {
	install := action.NewInstall(r.helm)
	install.Wait, install.Atomic, install.Timeout = wait != Sent, wait == Atomic, patience
	return r.install(install, values)
}

func (r *Release) install(install *action.Install, values map[string]any) (*release.Release, error) {
	chart, err := loader.Load(r.chart)
	if err != nil {
		return nil, err
	}
	install.ReleaseName, install.Namespace = r.Name, r.Namespace
	return install.Run(chart, values)
}

// Upgrade brings the release to other values, none of the old ones kept.
func (r *Release) Upgrade(values map[string]any, wait Wait, within time.Duration) (*release.Release, error) {
	chart, err := loader.Load(r.chart)
	if err != nil {
		return nil, err
	}
	upgrade := action.NewUpgrade(r.helm)
	upgrade.Namespace, upgrade.ResetValues = r.Namespace, true
	upgrade.Wait, upgrade.Atomic, upgrade.Timeout = wait != Sent, wait == Atomic, within
	return upgrade.RunWithContext(context.Background(), r.Name, chart, values)
}

// Rollback brings back a revision.
func (r *Release) Rollback(revision int, wait Wait) error {
	rollback := action.NewRollback(r.helm)
	rollback.Version, rollback.Wait, rollback.Timeout = revision, wait != Sent, patience
	return rollback.Run(r.Name)
}

// Test runs `helm test`.
func (r *Release) Test() error {
	testing := action.NewReleaseTesting(r.helm)
	testing.Namespace, testing.Timeout = r.Namespace, patience
	_, err := testing.Run(r.Name)
	return err
}

// Uninstall removes the release, and waits until its objects are gone.
func (r *Release) Uninstall() error {
	uninstall := action.NewUninstall(r.helm)
	uninstall.Wait, uninstall.Timeout = true, patience
	_, err := uninstall.Run(r.Name)
	return err
}

// Installed says whether Helm knows the release.
func (r *Release) Installed() (bool, error) {
	list := action.NewList(r.helm)
	list.All, list.StateMask = true, action.ListAll
	found, err := list.Run()
	if err != nil {
		return false, errors.Join(errors.New("Helm's list could not be read"), err)
	}
	return len(found) > 0, nil
}
