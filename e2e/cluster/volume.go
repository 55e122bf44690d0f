package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// volume is the folder of a volume, made when the first container needs it.
func (n *Node) volume(ctx context.Context, pod *pod, volume *core.Volume) (string, error) {
	if folder, made := pod.volumes[volume.Name]; made {
		return folder, nil
	}
	folder, err := n.newVolume(ctx, pod, volume)
	if err == nil {
		pod.volumes[volume.Name] = folder
	}
	return folder, err
}

func (n *Node) newVolume(ctx context.Context, pod *pod, volume *core.Volume) (string, error) {
	folder := filepath.Join(n.folder, string(pod.UID), "volumes", volume.Name)
	group := int(*pod.Spec.SecurityContext.FSGroup)
	switch api := n.cluster.Client.CoreV1(); {
	case volume.ConfigMap != nil:
		found, err := api.ConfigMaps(n.namespace).Get(ctx, volume.ConfigMap.Name, meta.GetOptions{})
		if err != nil {
			return "", err
		}
		files := map[string][]byte{}
		for key, text := range found.Data {
			files[key] = []byte(text)
		}
		for key, bytes := range found.BinaryData {
			files[key] = bytes
		}
		return folder, project(folder, files, volume.ConfigMap.Items, *volume.ConfigMap.DefaultMode, group)
	case volume.Secret != nil:
		found, err := api.Secrets(n.namespace).Get(ctx, volume.Secret.SecretName, meta.GetOptions{})
		if err != nil {
			return "", err
		}
		return folder, project(folder, found.Data, volume.Secret.Items, *volume.Secret.DefaultMode, group)
	case volume.EmptyDir != nil:
		return folder, owned(folder, group)
	case volume.PersistentVolumeClaim != nil:
		claim, err := api.PersistentVolumeClaims(n.namespace).Get(ctx, volume.PersistentVolumeClaim.ClaimName, meta.GetOptions{})
		if err != nil {
			return "", err
		}
		bound, err := api.PersistentVolumes().Get(ctx, claim.Spec.VolumeName, meta.GetOptions{})
		if err != nil {
			return "", fmt.Errorf("the claim %s is not bound: %w", claim.Name, err)
		}
		return bound.Spec.HostPath.Path, owned(bound.Spec.HostPath.Path, group)
	}
	return "", fmt.Errorf("this node does not know its kind")
}

func owned(folder string, group int) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	if err := os.Chown(folder, 0, group); err != nil {
		return err
	}
	return os.Chmod(folder, 0o770|os.ModeSetgid)
}

// project writes files with links as a kubelet sets them, so that a whole version can be exchanged.
func project(folder string, files map[string][]byte, items []core.KeyToPath, mode int32, group int) error {
	if len(items) == 0 {
		for key := range files {
			items = append(items, core.KeyToPath{Key: key, Path: key})
		}
	}
	const version = "..version"
	for _, item := range items {
		text, there := files[item.Key]
		if !there {
			return fmt.Errorf("there is no key %s", item.Key)
		}
		path := filepath.Join(folder, version, item.Path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		// The group may read, as with `fsGroup`.
		allowed := os.FileMode(mode) | 0o040
		if err := os.WriteFile(path, text, allowed); err != nil {
			return err
		}
		if err := os.Chmod(path, allowed); err != nil {
			return err
		}
		if err := os.Chown(path, 0, group); err != nil {
			return err
		}
		top := firstOf(item.Path)
		if err := os.Symlink(filepath.Join("..data", top), filepath.Join(folder, top)); err != nil && !os.IsExist(err) {
			return err
		}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	return os.Symlink(version, filepath.Join(folder, "..data"))
}

// firstOf is the first part of a path.
func firstOf(path string) string {
	for dir := filepath.Dir(path); dir != "."; dir = filepath.Dir(path) {
		path = dir
	}
	return path
}
