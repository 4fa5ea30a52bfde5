package policy

// SecretMode is what happens to a secret.
type SecretMode int

const (
	SecretOff   SecretMode = iota
	SecretMask             // it is replaced by the name of its kind
	SecretBlock            // the call that holds it is refused
)

// argumentModes and resultModes are the words of a policy, weakest first.
var (
	argumentModes = []string{"off", "mask", "block"}
	resultModes   = []string{"off", "mask"}
)

// Secrets are the settings for secrets in arguments and in results.
type Secrets struct {
	Arguments, Results     SecretMode
	ArgumentsAt, ResultsAt Place
}

// Secrets are the strictest settings of all rules.
func (p *Policy) Secrets() Secrets {
	var out Secrets
	p.each(func(r *Rules) {
		if r.Secrets.Arguments > out.Arguments {
			out.Arguments, out.ArgumentsAt = r.Secrets.Arguments, r.Secrets.ArgumentsAt
		}
		if r.Secrets.Results > out.Results {
			out.Results, out.ResultsAt = r.Secrets.Results, r.Secrets.ResultsAt
		}
	})
	return out
}
