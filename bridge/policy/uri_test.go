package policy

import "testing"

// TestResourcesByOtherNames: what is denied is so by every name by which a reader of this
// world finds it, and what readers disagree on is not let through.
func TestResourcesByOtherNames(t *testing.T) {
	t.Parallel()
	file, err := Parse("p", []byte(`resources: {deny: ["file:///secret/*", "https://api.test/admin/*", "repo://octo/private/*"]}`))
	if err != nil {
		t.Fatal(err)
	}
	p := New(Target{Names: []string{"github"}}, file)
	for _, uri := range []string{
		"file:///secret/key", "file:///../secret/key", "file:/../secret/key", "file:///%2e%2e/secret/key", "file:///se%\t63ret/key", "file:///se\tcret/key",
		"file:///pub/../secret/key", "file:///pub/%2E./secret/key", "file:///pub%2f..%2fsecret/key", `file:///pub\..\secret\key`, "file://localhost/secret/key",
		"file://local\u00adhost/secret/key", "file:////secret/key", "file:secret/key", "file:////secret%2f%23key", "file:///secret/key?x", "FILE:///secret/key",
		"https://@api.test/admin/k", "https://u:p@api.test/admin/k", "https://api.test:443/admin/k", "https://api.test:/admin/k", "https://API.test./admin/k",
		"https:/api.test/admin/k", "https:///api.test/admin/k", `https:\\api.test\admin\k`, "https://api.test/x%3f/%2e%2e/admin/k", "https://api.test/x/../admin/key//..", "https://api.test/x%3f%2f..%2fadmin/k",
		"https://u%40api.test/admin/k", " https://api.test/admin/k", "ht\ntps://api.test/admin/k",
		"https://api\u3002test/admin/k", "repo://@octo/private/k", `repo://octo/a\%0a/../private/key`, "repo://octo//private/k", "repo://octo/./private/k", "repo://octo/%70rivate/k", "repo://octo/%2570rivate/k",
	} {
		if by := p.Resource(uri); !by.Denied {
			t.Errorf("%q passes", uri)
		}
	}
	for _, uri := range []string{
		"file:///public/key", "file:///secrets", "https://api.test/", "https://api.test/x?next=/admin/k", "https://other.test/admin/k", "repo://octo/public/a%20b",
		"repo://octo/public/..private", "urn:isbn:1", "x:1", "notes", "https://api.test/a/../b", "data:text/plain,private",
	} {
		if by := p.Resource(uri); by.Denied {
			t.Errorf("%q is denied: %s", uri, by.Rule)
		}
	}
}

// TestTemplatesByOtherNames: a template is denied by every name that denies what it leads
// to, and what it begins with does not hide where it leads.
func TestTemplatesByOtherNames(t *testing.T) {
	t.Parallel()
	denies := parsed(t, `resources: {deny: ["file:///secret/*", "https://api.test/admin/*", "repo://octo/private/*"]}`)
	for _, template := range []string{
		"file:///secret/{x}", "file:///../secret/key", "file:///../secret/{x}", "file:/../secret/{x}", "file:///%2e%2e/secret/{x}", "file:///se%\t63ret/{x}",
		"file:///a/../secret/{x}", "file:///{a}/../secret/{x}", "https://@api.test/admin/{x}", "https://u:p@api.test/admin/{x}", "https://api.test:443/admin/{x}", "https://api.test./admin/{x}", "repo://@octo/private/{x}",
	} {
		if !denies.Template(template).Denied {
			t.Errorf("%q passes", template)
		}
	}
	for _, template := range []string{"file:///open/{x}", "repo://octo/public/{x}{?q}", "https://api.test/{x}", "note://{id}", "{+whole}"} {
		if by := denies.Template(template); by.Denied {
			t.Errorf("%q: %s", template, by.Rule)
		}
	}
	allows := parsed(t, `resources: {allow: ["file:///public/*", "repo://octo/*"]}`)
	for template, passes := range map[string]bool{
		"file:///public/{x}": true, "file:///{x}": true, "repo://{owner}/{name}": true, "file:///public/readme": true,
		"file:///public/../secret/{x}": false, "file:///private/{x}": false, "repo://other/{x}": false, "file:///public": false,
	} {
		if got := allows.Template(template); got.Denied == passes {
			t.Errorf("%q: %+v", template, got)
		}
	}
}
