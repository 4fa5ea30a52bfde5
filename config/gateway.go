package config

import (
	"log/slog"
	"net"
	"net/url"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"ucbridge/config/route"
)

// The ways in which callers of a gateway are known.
const (
	AuthOBO   = "obo"   // each by a token of their own, which a Databricks App forwards
	AuthApp   = "app"   // all as the app's service principal
	AuthLocal = "local" // by a token of this run, on this machine
	AuthOAuth = "oauth" // each by an access token that their client has signed in for
	// each by a token of a corporate identity provider, exchanged for a Databricks one
	AuthFederation = "federation"
)

// Auths are the values of --auth, in the order of --help.
var Auths = []string{AuthLocal, AuthOAuth, AuthFederation, AuthOBO, AuthApp}

// Gateway is everything a user may set for ucbridge serve. It is made, bound,
// completed and read as Config is.
type Gateway struct {
	// Listen is the TCP address to listen on. In a Databricks App it is all
	// addresses at DATABRICKS_APP_PORT unless set.
	Listen Value[string]
	// Auth is how callers are known, one of Auths.
	Auth Value[string]
	// TokenFile keeps the token of --auth local across starts; "" makes a new one
	// at each.
	TokenFile Value[string]
	// ClientID is that of a published OAuth app, for clients that sign in with --auth
	// oauth or federation.
	ClientID Value[string]
	// Issuer, Audience and Scopes are those of the tokens of --auth federation.
	Issuer, Audience Value[string]
	Scopes           Value[[]string]
	// KeyFile holds the key that replicas share, for what browsers keep of a sign-in and
	// for sessions at /mcp; "" makes one that ends with the process.
	KeyFile Value[string]
	// Peers are the addresses of the other replicas, which are asked what was approved
	// there; a name stands for all of its addresses.
	Peers Value[[]string]
	// PublicURL is the address of the gateway as its callers see it, behind a proxy;
	// after Load PublicAddress is the same, nil where none is set.
	PublicURL     Value[string]
	PublicAddress *url.URL
	// TrustForwarded believes forwarded headers outside a Databricks App too.
	TrustForwarded Value[bool]
	// Connections and Services name what is served, Route the way to the
	// Connections. File is a YAML file with more of both.
	Connections, Services Value[[]string]
	Route, File           Value[string]
	// Headers are as in Config.
	Headers Value[[]string]
	// Profile, Host and CAFile are as in Config.
	Profile, Host, CAFile Value[string]
	// CallTimeout is how long the answer to one request may take to begin; 0
	// means as long as it wants.
	CallTimeout Value[time.Duration]
	// MaxMessage is the longest message, in bytes, that a caller may send.
	MaxMessage Value[int64]
	// UserCalls and UserStreams are how many requests and streams of one user
	// are carried at once, UserRate how many requests a second, each on this
	// replica; 0 means no limit.
	UserCalls, UserStreams, UserRate Value[int]
	Rules
	// Debug lowers the log level from info to debug.
	Debug Value[bool]
	// LogFile receives the log instead of stderr; empty is stderr.
	LogFile Value[string]

	// Endpoints is what Load found to serve, by flags and file.
	Endpoints []Endpoint
	// InApp reports, after Load, whether this is a Databricks App, whose front
	// end sets the forwarded headers.
	InApp bool
}

// NewGateway returns a Gateway that holds the defaults.
func NewGateway() *Gateway {
	g := &Gateway{}
	resetAll(g.table())
	return g
}

// defaultListen is where serve listens outside a Databricks App.
const defaultListen = "127.0.0.1:8700"

func (g *Gateway) table() []setting {
	return slices.Concat([]setting{
		{"listen", "", "UCBRIDGE_LISTEN", defaultListen, text(&g.Listen, "address"), "address to listen on, port 0 for a free one"},
		{"auth", "", "UCBRIDGE_AUTH", AuthLocal, choice(&g.Auth, "mode", Auths), "who calls: local, oauth, federation, obo, app"},
		{"token-file", "", "UCBRIDGE_TOKEN_FILE", "", text(&g.TokenFile, "file"), "keep the token of --auth local in this file, made at the first start"},
		{"client-id", "", "UCBRIDGE_CLIENT_ID", "", text(&g.ClientID, "id"), "client id of a published OAuth app, for clients that sign in"},
		{"issuer", "", "UCBRIDGE_ISSUER", "", text(&g.Issuer, "url"), "identity provider of --auth federation"},
		{"audience", "", "UCBRIDGE_AUDIENCE", "", text(&g.Audience, "name"), "audience of its tokens, as in the federation policy"},
		{"scope", "", "UCBRIDGE_SCOPE", "", list(&g.Scopes, "name"), "scope that clients ask it for; repeatable"},
		{"key-file", "", "UCBRIDGE_KEY_FILE", "", text(&g.KeyFile, "file"), "key that replicas share, made at the first start"},
		{"peer", "", "UCBRIDGE_PEER", "", list(&g.Peers, "address"), "HOST:PORT of the other replicas, to ask for approvals; repeatable"},
		{"public-url", "", "UCBRIDGE_PUBLIC_URL", "", text(&g.PublicURL, "url"), "address that callers use, if a proxy in front does not pass it on"},
		{"trust-forwarded", "", "UCBRIDGE_TRUST_FORWARDED", "false", boolean(&g.TrustForwarded), "trust x-forwarded-access-token outside a Databricks App"},

		{"connection", "", "UCBRIDGE_CONNECTION", "", list(&g.Connections, "name"), "Unity Catalog connection to serve at /mcp/NAME; repeatable"},
		{"mcp-service", "", "UCBRIDGE_MCP_SERVICE", "", list(&g.Services, "name"), "MCP service to serve at /mcp-services/NAME; repeatable"},
		{"route", "", "UCBRIDGE_ROUTE", "auto", choice(&g.Route, "route", route.Choices()), "how to reach the connections, as for ucbridge stdio"},
		{"header", "", "UCBRIDGE_HEADER", "", headers(&g.Headers), "send this header to the servers with each request; repeatable"},
		{"config", "", "UCBRIDGE_CONFIG", "", text(&g.File, "file"), "YAML file of more connections and services"},

		{"profile", "p", "", "", text(&g.Profile, "name"), "profile in ~/.databrickscfg"},
		{"host", "", "", "", text(&g.Host, "url"), "workspace URL"},
		{"ca-file", "", "UCBRIDGE_CA_FILE", "", text(&g.CAFile, "file"), "PEM file of certificates to trust in addition to the system's"},

		{"call-timeout", "", "UCBRIDGE_CALL_TIMEOUT", "5m", duration(&g.CallTimeout, orNone), "fail a request without an answer after this long, 0 for never"},
		{"max-message", "", "UCBRIDGE_MAX_MESSAGE", "16MiB", size(&g.MaxMessage), "largest message to carry"},
		{"user-calls", "", "UCBRIDGE_USER_CALLS", "64", count(&g.UserCalls), "requests of one user at once, 0 for no limit"},
		{"user-streams", "", "UCBRIDGE_USER_STREAMS", "64", count(&g.UserStreams), "event streams of one user at once, 0 for no limit"},
		{"user-rate", "", "UCBRIDGE_USER_RATE", "50", count(&g.UserRate), "requests of one user a second, 0 for no limit"},
	}, g.Rules.table(), []setting{
		{"debug", "", "UCBRIDGE_DEBUG", "false", boolean(&g.Debug), "log at debug level"},
		{"log-file", "", "UCBRIDGE_LOG_FILE", "", text(&g.LogFile, "file"), "append the log to this file instead of stderr"},
	})
}

// Bind defines the flags of all settings on a flag set; parsing it writes into g.
func (g *Gateway) Bind(flags *pflag.FlagSet) { bind(g.table(), flags) }

// LogValue lists what was set and by what, for a log.
func (g *Gateway) LogValue() slog.Value { return logValue(shown(g.table())) }

// Load completes g after its flags were parsed: what no flag set is taken from
// the environment, and what is to be served also from the file. lookup is
// os.LookupEnv or a test's, read is os.ReadFile or a test's. The error is an
// *Error.
func (g *Gateway) Load(lookup func(string) (string, bool), read func(string) ([]byte, error)) error {
	if err := fromEnvironment(g.table(), lookup); err != nil {
		return err
	}
	if name, _ := lookup("DATABRICKS_APP_NAME"); name != "" {
		g.InApp = true
	}
	if port, _ := lookup("DATABRICKS_APP_PORT"); port != "" && !g.Listen.Given() {
		g.Listen = Value[string]{":" + port, fromEnv("DATABRICKS_APP_PORT")}
	}
	if err := g.checkSignIn(); err != nil {
		return err
	}
	if err := g.checkListen(); err != nil {
		return err
	}
	if err := g.readPublicURL(); err != nil {
		return err
	}
	return g.findEndpoints(read)
}

// readPublicURL reads the address that callers know.
func (g *Gateway) readPublicURL() (err error) {
	g.PublicAddress, err = address(g.PublicURL, "ucbridge serve --public-url https://mcp.example.com/ucbridge")
	return err
}

// address reads an address that others than this program use, nil where none is set.
func address(v Value[string], example string) (*url.URL, error) {
	if v.Value == "" {
		return nil, nil
	}
	u, err := url.Parse(v.Value)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, &Error{
			Problem: "invalid address for " + v.Source.spelled() + ": want https://HOST or https://HOST/PATH",
			Hint:    "for example: " + example,
		}
	}
	return u, nil
}

// SignsIn reports whether clients sign in to an authorization server by themselves.
func (g *Gateway) SignsIn() bool {
	return g.Auth.Value == AuthOAuth || g.Auth.Value == AuthFederation
}

// checkSignIn holds what callers show, and the settings of a sign-in, to the mode that has
// them.
func (g *Gateway) checkSignIn() error {
	const example = "ucbridge serve --auth federation --issuer https://login.example.com --audience ucbridge"
	if _, err := address(g.Issuer, example); err != nil {
		return err
	}
	federated := g.Auth.Value == AuthFederation
	if federated && (!g.Issuer.Given() || !g.Audience.Given()) {
		return &Error{
			Problem: "--auth federation needs --issuer and --audience, as in the Databricks account's federation policy",
			Hint:    "for example: " + example,
		}
	}
	for _, s := range []struct {
		from  Source
		given bool
		means bool
		auth  string
	}{
		{g.TokenFile.Source, g.TokenFile.Given(), g.Auth.Value == AuthLocal, AuthLocal},
		{g.ClientID.Source, g.ClientID.Given(), g.SignsIn(), AuthOAuth},
		{g.Issuer.Source, g.Issuer.Given(), federated, AuthFederation},
		{g.Audience.Source, g.Audience.Given(), federated, AuthFederation},
		{g.Scopes.Source, g.Scopes.Given(), federated, AuthFederation},
	} {
		if s.given && !s.means {
			return &Error{
				Problem: s.from.spelled() + " has no meaning with --auth " + g.Auth.Value,
				Hint:    "add --auth " + s.auth + ", or leave it out",
			}
		}
	}
	return nil
}

// Loopback reports whether only this machine can reach the gateway.
func (g *Gateway) Loopback() bool {
	host, _, err := net.SplitHostPort(g.Listen.Value)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// checkListen keeps to this machine what whoever reaches it may use.
func (g *Gateway) checkListen() error {
	if _, _, err := net.SplitHostPort(g.Listen.Value); err != nil {
		return &Error{
			Problem: "invalid address " + g.Listen.Value + " for " + g.Listen.Source.spelled() + ": want HOST:PORT",
			Hint:    "for example: ucbridge serve --listen " + defaultListen + " --connection github",
		}
	}
	switch {
	case g.Loopback() || g.Auth.Value == AuthOBO:
		return nil
	case g.SignsIn() && g.PublicURL.Given():
		return nil
	case g.SignsIn():
		return &Error{
			Problem: "--auth " + g.Auth.Value + " on " + g.Listen.Value + " needs --public-url: clients sign in for the address that they know",
			Hint:    "for example: ucbridge serve --auth oauth --public-url https://mcp.example.com",
		}
	case g.Auth.Value == AuthApp && g.InApp:
		return nil
	case g.Auth.Value == AuthApp:
		return &Error{
			Problem: "--auth app outside a Databricks App lets in everybody who can reach " + g.Listen.Value + ": it listens on this machine only",
			Hint:    "listen on " + defaultListen + ", or use --auth oauth with --public-url",
		}
	}
	return &Error{
		Problem: "--auth local listens on this machine only, not on " + g.Listen.Value,
		Hint:    "listen on " + defaultListen + ", or use --auth oauth with --public-url, or --auth obo in a Databricks App",
	}
}
