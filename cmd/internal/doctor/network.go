package doctor

import (
	"context"
	"errors"
	"net"
	"net/url"
	"os"
	"runtime"
	"strings"
	"time"

	"ucbridge/bridge/refusal"
)

// proxyVariables are those that net/http reads for an https address, in its order.
var proxyVariables = []string{"HTTPS_PROXY", "https_proxy"}

// hostless is the finding where an Azure resource id stands for the host.
var hostless = skipped("the host of the workspace is known only after signing in")

// proxy tells which proxy the environment puts before the workspace. What a URL
// of a proxy holds beside the host may be a password.
func (w *workspace) proxy(ctx context.Context) Finding {
	if w.host().Value == "" {
		return hostless
	}
	proxy, err := w.client.Proxy()
	variable, value := "", ""
	for _, name := range proxyVariables {
		if value == "" {
			variable, value = name, os.Getenv(name)
		}
	}
	switch {
	case err != nil:
		return fault(err)
	case proxy == nil && value == "":
		return ok("none")
	case proxy == nil && !isAddress(value): // which Go passes over in silence
		return failed("%s is not the address of a proxy", variable).
			withHint("set it to a URL such as http://proxy.example.com:8080, or unset it")
	case proxy == nil:
		return ok("none for this host, despite %s", variable)
	}
	w.connect(ctx)
	if w.probe.AtProxy {
		return fault(w.reached)
	}
	return ok("%s, by %s", refusal.Quote(proxy.Host), variable).withData(map[string]string{"proxy": proxy.Host, "variable": variable})
}

// isAddress reports whether a variable names a proxy; the scheme may be missing.
func isAddress(value string) bool {
	if _, rest, ok := strings.Cut(value, "://"); ok {
		value = rest
	}
	u, err := url.Parse("http://" + value)
	return err == nil && u.Host != ""
}

// connect connects to the workspace, once.
func (w *workspace) connect(ctx context.Context) {
	w.connecting.Do(func() { w.probe, w.reached = w.client.Probe(ctx) })
}

// certificate connects to the workspace and tells who vouches for it.
func (w *workspace) certificate(ctx context.Context) Finding {
	if w.host().Value == "" {
		return hostless
	}
	w.connect(ctx)
	authority := w.probe.Authority
	switch {
	case reason(w.reached) == refusal.TLSUntrusted:
		return fault(w.reached)
	case w.reached != nil:
		return skipped("there is no connection to look at")
	case authority.Name == "":
		return ok("none: plain HTTP, which is allowed to this machine only")
	case !authority.Public:
		return ok("signed by %s, which is not a public authority: probably a proxy of your organisation that inspects traffic", refusal.Quote(authority.Name)).
			withData(authorityData{authority.Name, true})
	}
	return ok("signed by %s", refusal.Quote(authority.Name)).withData(authorityData{authority.Name, false})
}

type authorityData struct {
	Authority   string `json:"authority"`
	Intercepted bool   `json:"intercepted"`
}

// reachable tells whether the workspace answers, and how fast.
func (w *workspace) reachable(context.Context) Finding {
	host := w.host()
	if host.Value == "" {
		return hostless
	}
	if w.reached != nil {
		f := fault(w.reached)
		if dns, ok := errors.AsType[*net.DNSError](w.reached); ok && dns.IsNotFound {
			f.Hint = "see whether " + refusal.Quote(host.Value) + " (" + host.Source + ") is spelled right; if it is, check the network and the VPN"
		}
		return f
	}
	return ok("%s answers in %s, after %s to connect", refusal.Quote(host.Value), inWords(w.probe.Latency), inWords(w.probe.Connecting)).
		withData(map[string]any{"latencyMs": milliseconds(w.probe.Latency), "connectMs": milliseconds(w.probe.Connecting)})
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
}

// maxSkew is how far the clock may be off before tokens seem to have expired, or
// not to be valid yet.
const maxSkew = 5 * time.Minute

// clock compares this machine's clock with the workspace's.
func (w *workspace) clock(context.Context) Finding {
	if !w.probe.Dated {
		return skipped("the workspace does not say what time it is")
	}
	ahead := w.probe.Ahead
	data := map[string]any{"aheadSeconds": ahead.Round(time.Second).Seconds()}
	direction := "ahead of"
	if ahead < 0 {
		direction, ahead = "behind", -ahead
	}
	switch {
	case ahead > maxSkew:
		return failed("this machine's clock is %s %s the workspace's", inWords(ahead), direction).withData(data).withHint("%s", setClock())
	case ahead > 2*time.Second:
		return ok("%s %s the workspace's", inWords(ahead), direction).withData(data)
	}
	return ok("agrees with the workspace's").withData(data)
}

// setClock is the command that sets the clock by the network.
func setClock() string {
	switch runtime.GOOS {
	case "windows":
		return "set it: w32tm /resync"
	case "darwin":
		return "set it: sudo sntp -sS time.apple.com"
	}
	return "set it: sudo timedatectl set-ntp true"
}
