package network

import (
	"cmp"
	"crypto/x509/pkix"
	"slices"
	"strings"
)

// Authority is who signed a certificate.
type Authority struct {
	Name string // of the certificate's subject; it came over the wire
	// Public reports whether it is one that browsers trust. Where a workspace's
	// certificate has another, somebody between reads along, with this machine's
	// consent: its administrators have installed that authority.
	Public bool
}

// publicAuthorities are the organisations of the roots in the Mozilla CA
// programme that sign for public clouds, as their certificates spell them.
var publicAuthorities = []string{
	"DigiCert", "Baltimore", "Microsoft Corporation", "Amazon", "Starfield Technologies", "GoDaddy",
	"Google Trust Services", "GlobalSign", "Internet Security Research Group", "Let's Encrypt",
	"Sectigo", "The USERTRUST Network", "Comodo", "Entrust", "IdenTrust", "SSL Corporation", "QuoVadis",
	"Actalis", "Buypass", "CertSIGN", "D-Trust", "HARICA", "SwissSign", "T-Systems", "Certum", "Unizeto", "Asseco",
}

// AuthorityOf reads the name in a certificate.
func AuthorityOf(name pkix.Name) Authority {
	organisation := strings.Join(name.Organization, ", ")
	a := Authority{Name: cmp.Or(name.CommonName, organisation, "an authority without a name")}
	if organisation != "" && name.CommonName != "" && !strings.Contains(name.CommonName, organisation) {
		a.Name += " (" + organisation + ")"
	}
	a.Public = slices.ContainsFunc(publicAuthorities, func(known string) bool {
		return len(organisation) >= len(known) && strings.EqualFold(organisation[:len(known)], known)
	})
	return a
}
