package databricks

import "ucbridge/config/route"

// Description says where a Transport leads, for logs and status. What is not known
// yet is empty.
type Description struct {
	Host, Target, Route, AuthType, Profile string
}

// String says it for people: connection "github" by proxy, at adb-1.test (pat).
func (d Description) String() string {
	text := d.Target + " by " + d.Route
	if d.Host == "" {
		return text
	}
	text += ", at " + d.Host + " (" + d.AuthType
	if d.Profile != "" {
		text += ", profile " + d.Profile
	}
	return text + ")"
}

// Route names the way that requests take now.
func (r *Transport) Route() string { return string(*r.route.Load()) }

// Describe returns what is known now.
func (r *Transport) Describe() Description {
	d := Description{Target: r.target.String(), Route: string(*r.route.Load())}
	if who := r.signer.Last(); who != nil {
		d.Host, d.AuthType, d.Profile = who.Base.Host, who.AuthType, who.Profile
	}
	return d
}

// Scope is the OAuth scope that a token needs on the way that requests take now.
func (r *Transport) Scope() string { return route.Of(*r.route.Load()).Scope }
