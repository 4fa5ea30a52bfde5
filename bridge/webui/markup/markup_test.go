package markup

import (
	"html"
	"strings"
	"testing"
)

func TestPage(t *testing.T) {
	t.Parallel()
	got := string(Page(E("html", A("lang", "en"),
		E("p", Class("a"), If(false, A("hidden", "")), If(true, A("title", `"<&'>`)), T("1 < 2"), If(false, T("not there"))),
		With("", func(text Part) Part { return E("b", text) }), With("c", func(text Part) Part { return E("b", text) }),
		Each([]string{"x", "y"}, func(s string) Part { return E("i", T(s)) }),
		E("input", A("value", "v")), Part{}, E("pre", T("\nb")), E("textarea", T("")),
	)))
	want := `<!doctype html>
<html lang="en">
<p class="a" title="&#34;&lt;&amp;&#39;&gt;">1 &lt; 2</p><b>c</b><i>x</i><i>y</i><input value="v"><pre>

b</pre><textarea></textarea></html>
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"/tools/mcp/x?tool=a+b#answer": "", "https://x.test/a?b=c": "", "HTTP://x.test": "", "": "", "page": "",
		"javascript:alert(1)": "#", "JavaScript:alert(1)": "#", " javascript:alert(1)": "#", "java\nscript:alert(1)": "#",
		"data:text/html,<script>": "#", "data:image/svg+xml,x": "#", "vbscript:x": "#", "\x01javascript:x": "#",
	} {
		if want == "" {
			want = address
		}
		if got := A("href", address).text; got != want {
			t.Errorf("%q becomes %q, want %q", address, got, want)
		}
	}
	if got := A("src", "data:image/png;base64,aGk=").text; got != "data:image/png;base64,aGk=" {
		t.Errorf("a picture becomes %q", got)
	}
}

// FuzzEscape: no text and no value of an attribute leaves its place.
func FuzzEscape(f *testing.F) {
	for _, seed := range []string{"", `a"b`, "</p><script>", "'", "&lt;", "\x00", "\xff", "`x`=y"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		page := string(E("b", A("title", s), T(s)).appendTo(nil))
		value, rest, ok := strings.Cut(strings.TrimPrefix(page, `<b title="`), `">`)
		inside, ok2 := strings.CutSuffix(rest, "</b>")
		if !ok || !ok2 || strings.ContainsAny(inside+value, "<>\"'") {
			t.Fatalf("%q leaves its place in %s", s, page)
		}
		want := strings.ReplaceAll(s, "\x00", "\uFFFD")
		if html.UnescapeString(inside) != want || html.UnescapeString(value) != want {
			t.Errorf("%q reads %q and %q", s, inside, value)
		}
	})
}
