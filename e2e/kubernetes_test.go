package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"

	"ucbridge/bridge/emulator"
)

// TestKubernetes reads the example for Kubernetes as strictly as its API does, and
// runs its container's command.
func TestKubernetes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../dist/kubernetes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var (
		deployment appsv1.Deployment
		service    corev1.Service
		replicas   corev1.Service
		budget     policyv1.PodDisruptionBudget
		policy     networkingv1.NetworkPolicy
	)
	parts, kinds := bytes.Split(text, []byte("\n---\n")), []any{&deployment, &service, &replicas, &budget, &policy}
	if len(parts) != len(kinds) {
		t.Fatalf("%d objects, of which %d are checked", len(parts), len(kinds))
	}
	for i, into := range kinds {
		if err := yaml.UnmarshalStrict(parts[i], into); err != nil {
			t.Fatalf("object %d: %v", i, err)
		}
	}
	checkIngress(t, &service)
	pod := deployment.Spec.Template
	for of, selector := range map[string]map[string]string{
		"Deployment": deployment.Spec.Selector.MatchLabels, "Service": service.Spec.Selector, "headless Service": replicas.Spec.Selector,
		"PodDisruptionBudget": budget.Spec.Selector.MatchLabels, "NetworkPolicy": policy.Spec.PodSelector.MatchLabels,
	} {
		for name, value := range selector {
			if pod.Labels[name] != value {
				t.Errorf("the %s selects %s=%s, and no such pod is made", of, name, value)
			}
		}
	}
	container := pod.Spec.Containers[0]
	grace := time.Duration(*pod.Spec.TerminationGracePeriodSeconds) * time.Second
	if wait := time.Duration(container.Lifecycle.PreStop.Sleep.Seconds) * time.Second; grace < wait+appStop {
		t.Errorf("a grace of %s, of which %s are slept: less than an end may take", grace, wait)
	}

	w, err := emulator.Start(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	env := make(map[string]string)
	for _, v := range container.Env {
		env[v.Name] = v.Value
	}
	if !strings.HasSuffix(env["UCBRIDGE_LISTEN"], ":8700") || container.Ports[0].ContainerPort != 8700 {
		t.Errorf("it listens on %s, and the port is %d", env["UCBRIDGE_LISTEN"], container.Ports[0].ContainerPort)
	}
	if peer := fmt.Sprintf("%s:%d", replicas.Name, replicas.Spec.Ports[0].Port); env["UCBRIDGE_PEER"] != peer || replicas.Spec.ClusterIP != "None" {
		t.Errorf("the replicas are asked for at %s, and are at %s", env["UCBRIDGE_PEER"], peer)
	}
	if mounted := container.VolumeMounts[0].MountPath + "/key"; env["UCBRIDGE_KEY_FILE"] != mounted {
		t.Errorf("the key is looked for in %s, and is in %s", env["UCBRIDGE_KEY_FILE"], mounted)
	}
	key := filepath.Join(t.TempDir(), "key")
	mode := os.FileMode(*pod.Spec.Volumes[0].Secret.DefaultMode)
	if err := os.WriteFile(key, []byte(strings.Repeat("a5", 32)), mode); err != nil {
		t.Fatal(err)
	}
	env["UCBRIDGE_LISTEN"], env["DATABRICKS_HOST"], env["UCBRIDGE_KEY_FILE"] = "127.0.0.1:0", w.URL(), key
	cmd := exec.Command(ucbridge, container.Args...)
	cmd.Env = environ(t, env)
	base := "http://" + start(t, cmd).await(t, `serving http://([^/]+)/`)
	for _, probe := range []*corev1.Probe{container.LivenessProbe, container.ReadinessProbe} {
		if status, body := ask(t, http.MethodGet, base+probe.HTTPGet.Path, "", ""); status != http.StatusOK {
			t.Errorf("%s: %d %s", probe.HTTPGet.Path, status, body)
		}
	}
	resp, err := http.Post(base+"/mcp/github", "application/json", strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"ping"}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if want := `resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp/github"`; !strings.Contains(resp.Header.Get("WWW-Authenticate"), want) {
		t.Errorf("clients are not sent to %s: %v", want, resp.Header)
	}
}

// checkIngress checks that the example of an Ingress leads to the Service, and has told
// nginx what dist/proxies/nginx.conf tells it, where that is not its default.
func checkIngress(t *testing.T, service *corev1.Service) {
	t.Helper()
	text, err := os.ReadFile("../dist/proxies/ingress.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var ingress networkingv1.Ingress
	if err := yaml.UnmarshalStrict(text, &ingress); err != nil {
		t.Fatal(err)
	}
	to := ingress.Spec.Rules[0].HTTP.Paths[0].Backend.Service
	if to.Name != service.Name || to.Port.Name != service.Spec.Ports[0].Name {
		t.Errorf("it leads to port %s of %s", to.Port.Name, to.Name)
	}
	nginx, err := os.ReadFile("../dist/proxies/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	size := ingress.Annotations["nginx.ingress.kubernetes.io/proxy-body-size"]
	if size == "" || !strings.Contains(string(nginx), "client_max_body_size "+size+";") {
		t.Errorf("it lets messages of %q through, and nginx.conf others", size)
	}
}
