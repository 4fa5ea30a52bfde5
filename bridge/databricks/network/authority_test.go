package network

import (
	"crypto/x509/pkix"
	"testing"
)

func TestAuthority(t *testing.T) {
	t.Parallel()
	name := func(common string, organisation ...string) pkix.Name {
		return pkix.Name{CommonName: common, Organization: organisation}
	}
	for _, tt := range []struct {
		name pkix.Name
		want Authority
	}{
		{name("DigiCert Global Root G2", "DigiCert Inc"), Authority{"DigiCert Global Root G2 (DigiCert Inc)", true}},
		{name("ISRG Root X1", "Internet Security Research Group"), Authority{"ISRG Root X1 (Internet Security Research Group)", true}},
		{name("Amazon Root CA 1", "Amazon"), Authority{"Amazon Root CA 1", true}},
		{name("Zscaler Root CA", "Zscaler Inc."), Authority{"Zscaler Root CA (Zscaler Inc.)", false}},
		{name("DigiCert Global Root G2"), Authority{"DigiCert Global Root G2", false}}, // anybody can write that
		{name(""), Authority{"an authority without a name", false}},
	} {
		if got := AuthorityOf(tt.name); got != tt.want {
			t.Errorf("%v: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
