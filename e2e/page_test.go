package e2e

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"ucbridge/bridge/emulator"
)

// startPages starts a gateway whose pages show the seeded connections and one to
// upstream, and returns its address.
func startPages(t *testing.T, w *emulator.Workspace, more map[string]string, args ...string) *output {
	t.Helper()
	env := map[string]string{"DATABRICKS_HOST": w.URL()}
	for name, value := range more {
		env[name] = value
	}
	cmd := exec.Command(ucbridge, append([]string{"serve", "--listen", "127.0.0.1:0",
		"--connection", "github", "--connection", "github_u2m_connection", "--connection", "everything"}, args...)...)
	cmd.Env = environ(t, env)
	return start(t, cmd)
}

// TestPage has people use the pages of a gateway in a browser.
func TestPage(t *testing.T) {
	t.Parallel()
	w := startWorkspace(t, startGoEverything(t))
	base := startPages(t, w, nil, "--auth", "obo", "--trust-forwarded").await(t, `web page: (http://\S+)/`)

	t.Run("ada", func(t *testing.T) {
		b := openTab(t, map[string]string{"X-Forwarded-Access-Token": "dapi-demo-ada"})
		b.do(chromedp.Navigate(base + "/"))
		if user := b.text(".user"); user != "ada@example.com" {
			t.Errorf("the page greets %q", user)
		}
		if all := eval[string](b, `[...document.querySelectorAll(".state")].map(e => e.textContent).join()`); all != "usable,sign in first,usable" {
			t.Errorf("the states are %s", all)
		}
		if link := eval[string](b, `document.querySelector(".sign-in .button").href`); link != w.URL()+"/explore/connections/github_u2m_connection" {
			t.Errorf("the sign-in leads to %s", link)
		}
		b.look("home")

		// A tool, by its form; what it answers is no part of the page.
		b.do(press(`a[href$="/tools/mcp/github"]`), chromedp.WaitVisible(`.tools`))
		b.look("tools")
		b.do(press(`a[href$="tool=list_issues"]`), chromedp.WaitVisible(`form`))
		b.look("form")
		b.do(
			chromedp.SendKeys(`[name="argument.owner"]`, "octo"), chromedp.SendKeys(`[name="argument.repo"]`, "hello-mcp"),
			chromedp.SetValue(`[name="argument.state"]`, `"closed"`),
			press(`form button`), chromedp.WaitVisible(`.answer pre`),
		)
		if text := b.text(".answer pre"); !strings.Contains(text, "Panic on an empty line") || strings.Contains(text, "Session lost") {
			t.Errorf("the closed issues are %s", text)
		}
		b.do(press(`.answer summary`), chromedp.WaitVisible(`.answer .raw`))
		b.look("answer")

		const hostile = "</pre><script>alert(document.domain)</script><img src=x onerror=alert(1)>"
		b.do(
			chromedp.Navigate(base+"/tools/mcp/github?tool=echo"),
			chromedp.SetValue(`[name="argument.text"]`, hostile),
			press(`form button`), chromedp.WaitVisible(`.answer pre`),
		)
		if text := b.text(".answer pre"); text != hostile {
			t.Errorf("the echo is %q", text)
		}
		if n := eval[int](b, `document.querySelectorAll("script, .answer img").length`); n != 0 {
			t.Errorf("%d elements of the answer are part of the page", n)
		}

		b.do(
			chromedp.Navigate(base+"/tools/mcp/everything?tool=test_image_content"),
			press(`form button`), chromedp.WaitVisible(`.answer img`),
		)
		if width := eval[int](b, `document.querySelector(".answer img").naturalWidth`); width == 0 {
			t.Error("the picture is not shown")
		}

		b.do(chromedp.Navigate(base + "/"))
		if calls := b.text("tbody"); !strings.Contains(calls, "list_issues") || !strings.Contains(calls, "echo") || strings.Contains(calls, "script") {
			t.Errorf("the latest calls are %s", calls)
		}
		eval[int](b, `[...document.querySelectorAll("details")].filter(d => d.open = true).length`)
		b.look("setup")
		b.checkQuiet()
	})

	t.Run("bob", func(t *testing.T) {
		b := openTab(t, map[string]string{"X-Forwarded-Access-Token": "dapi-demo-bob"})
		b.do(chromedp.Navigate(base + "/"))
		if grant := b.text(".forbidden .paste"); grant != "GRANT USE CONNECTION ON CONNECTION `github` TO `bob@example.com`" {
			t.Errorf("bob is told to ask for %q", grant)
		}
		if body := b.text("body"); strings.Contains(body, "list_issues") || strings.Contains(body, "ada") {
			t.Errorf("bob sees calls of ada: %s", body)
		}
		b.look("forbidden")
		b.checkQuiet()
	})
}

// TestPageOnThisMachine opens the page of --auth local by the link that is good for
// one browser.
func TestPageOnThisMachine(t *testing.T) {
	t.Parallel()
	w := startWorkspace(t, "")
	said := startPages(t, w, map[string]string{"DATABRICKS_TOKEN": "dapi-demo-ada"})
	link, secret := said.await(t, `web page: (http://\S+)`), said.await(t, `Bearer (\S+)`)
	b := openTab(t, nil)
	b.do(chromedp.Navigate(link), chromedp.WaitVisible(`.servers`))
	if at := eval[string](b, `location.pathname + location.search`); at != "/" {
		t.Errorf("the key stays in the address: %s", at)
	}
	b.do(
		chromedp.Navigate(strings.SplitN(link, "/enter", 2)[0]+"/tools/mcp/github?tool=echo"),
		chromedp.SetValue(`[name="argument.text"]`, "hello"),
		press(`form button`), chromedp.WaitVisible(`.answer pre`),
	)
	b.checkQuiet()

	other := openTab(t, nil)
	other.do(chromedp.Navigate(link), chromedp.WaitVisible(`[name="token"]`))
	other.look("enter")
	other.do(chromedp.SendKeys(`[name="token"]`, secret), press(`form button`), chromedp.WaitVisible(`.servers`))
	if said := said.String(); strings.Count(said, secret) != 1 || strings.Count(said, strings.SplitN(link, "key=", 2)[1]) != 1 {
		t.Error("a secret is logged")
	}
}
