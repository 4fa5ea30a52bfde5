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
func (e *Exam) proxy(context.Context) Finding {
	if e.setting("host").Value == "" {
		return hostless
	}
	proxy, err := e.Workspace.Proxy()
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
			withHint("set it to the like of http://proxy.example.com:8080, or unset it")
	case proxy == nil:
		return ok("none for this host, in spite of %s", variable)
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

// certificate connects to the workspace and tells who vouches for it.
func (e *Exam) certificate(ctx context.Context) Finding {
	if e.setting("host").Value == "" {
		return hostless
	}
	e.contact, e.reached = e.Workspace.Probe(ctx)
	authority := e.contact.Authority
	switch {
	case reason(e.reached) == refusal.TLSUntrusted:
		return fault(e.reached)
	case e.reached != nil:
		return skipped("there is no connection to look at")
	case authority.Name == "":
		return ok("none: plain HTTP, which is allowed to this machine only")
	case !authority.Public:
		return ok("signed by %s, which is no public authority: a proxy of your organisation seems to read along", refusal.Quote(authority.Name)).
			withData(authorityData{authority.Name, true})
	}
	return ok("signed by %s", refusal.Quote(authority.Name)).withData(authorityData{authority.Name, false})
}

type authorityData struct {
	Authority   string `json:"authority"`
	Intercepted bool   `json:"intercepted"`
}

// workspace tells whether the workspace answers, and how fast.
func (e *Exam) workspace(context.Context) Finding {
	host := e.setting("host")
	if host.Value == "" {
		return hostless
	}
	if e.reached != nil {
		f := fault(e.reached)
		if dns, ok := errors.AsType[*net.DNSError](e.reached); ok && dns.IsNotFound {
			f.Hint = "see whether " + refusal.Quote(host.Value) + " (" + host.Source + ") is spelled right; if it is, check the network and the VPN"
		}
		return f
	}
	return ok("%s answers in %s, after %s to connect", refusal.Quote(host.Value), inWords(e.contact.Latency), inWords(e.contact.Connecting)).
		withData(map[string]any{"latencyMs": milliseconds(e.contact.Latency), "connectMs": milliseconds(e.contact.Connecting)})
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(10*time.Microsecond)) / float64(time.Millisecond)
}

// mostSkew is how far the clock may be off before tokens seem to have expired, or
// not to be valid yet.
const mostSkew = 5 * time.Minute

// clock compares this machine's clock with the workspace's.
func (e *Exam) clock(context.Context) Finding {
	if !e.contact.Dated {
		return skipped("the workspace does not say what time it is")
	}
	ahead := e.contact.Ahead
	data := map[string]any{"aheadSeconds": ahead.Round(time.Second).Seconds()}
	direction := "ahead of"
	if ahead < 0 {
		direction, ahead = "behind", -ahead
	}
	switch {
	case ahead > mostSkew:
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
