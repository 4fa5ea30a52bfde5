package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// tab is a tab of a Chromium of its own, with no history and no cookies.
type tab struct {
	t   *testing.T
	ctx context.Context
	// complaints delivers what the browser complained of, once it is closed.
	complaints chan []string
}

// openTab starts a browser that sends the headers with every request. Without
// Chromium the test is skipped, but fails in CI.
func openTab(t *testing.T, headers map[string]string) *tab {
	t.Helper()
	binary := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil && binary == "" {
			binary = path
		}
	}
	if binary == "" && os.Getenv("CI") == "true" {
		t.Fatal("chromium is not installed, and CI must have it")
	} else if binary == "" {
		t.Skip("chromium is not installed")
	}
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(binary), chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-dev-shm-usage", true),
	}
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox) // its sandbox refuses root
	}
	browser, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	b := &tab{t: t, complaints: make(chan []string, 1)}
	var end context.CancelFunc
	b.ctx, end = chromedp.NewContext(browser, chromedp.WithAllocatorOptions(options...))
	t.Cleanup(end)
	sent := make(network.Headers)
	for name, value := range headers {
		sent[name] = value
	}
	call(b, network.Enable, network.EnableParams{})
	call(b, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: sent})
	go b.listen()
	return b
}

// lastWords end what is listened to.
const lastWords = "that was all"

// listen collects complaints: of scripts, of a policy that was violated, of what
// could not be loaded.
func (b *tab) listen() {
	var all []string
	for m, err := range chromedp.Console(b.ctx) {
		if err != nil || m.Text == lastWords {
			break
		}
		all = append(all, m.String()+" "+m.URL)
	}
	b.complaints <- all
}

// checkQuiet fails the test if the browser has complained.
func (b *tab) checkQuiet() {
	b.t.Helper()
	get(b, chromedp.Evaluate[any](`void console.log("`+lastWords+`")`))
	for _, complaint := range <-b.complaints {
		b.t.Errorf("the browser complains: %s", complaint)
	}
}

// do carries actions out, one after the other.
func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

func call[P, R any](b *tab, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	result, err := chromedp.Call(b.ctx, command, params)
	if err != nil {
		b.t.Fatal(err)
	}
	return result
}

// press clicks an element as soon as it is visible. It goes by the element and not
// by where it stands, which changes under a pointer when the screen has just changed.
func press(selector string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		if _, err := chromedp.WaitVisible(selector)(ctx, target); err != nil {
			return chromedp.Void{}, err
		}
		_, err := chromedp.Evaluate[any](fmt.Sprintf(`void document.querySelector(%q).click()`, selector))(ctx, target)
		return chromedp.Void{}, err
	}
}

// get returns what an action does.
func get[T any](b *tab, action chromedp.Action[T]) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, action)
	if err != nil {
		b.t.Fatal(err)
	}
	return value
}

// text returns the text that people see of an element.
func (b *tab) text(selector string) string {
	b.t.Helper()
	return get(b, chromedp.Text(selector))
}

// eval returns the value of a JavaScript expression, in the page but not under its
// policy.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	return get(b, chromedp.Evaluate[T](expression))
}

// screens are what pages are looked at on.
var screens = []struct {
	name   string
	width  int64
	scheme string
}{
	{"light", 1100, "light"}, {"dark", 1100, "dark"}, {"phone", 375, "light"}, {"phone-dark", 375, "dark"},
}

// look looks at the page on each screen: nothing may stick out of it, and it has
// to be as light or dark as its reader wants. Pictures are made with
// go test -artifacts.
func (b *tab) look(name string) {
	b.t.Helper()
	for _, s := range screens {
		call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: s.scheme}},
		})
		call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: s.width, Height: 800, DeviceScaleFactor: 1, Mobile: s.width < 500,
		})
		if wide := eval[int64](b, `document.documentElement.scrollWidth`); wide > s.width {
			b.t.Errorf("%s on %s: %d pixels wide, on a screen of %d", name, s.name, wide, s.width)
		}
		ground := eval[float64](b, `getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).slice(0, 3).reduce((sum, c) => sum + Number(c), 0) / 765`)
		if dark := ground < 0.5; dark != (s.scheme == "dark") {
			b.t.Errorf("%s on %s: its ground is %.2f light", name, s.name, ground)
		}
		if flag.Lookup("test.artifacts").Value.String() == "true" {
			picture := get(b, chromedp.FullScreenshot(100))
			if err := os.WriteFile(filepath.Join(b.t.ArtifactDir(), name+"-"+s.name+".png"), picture, 0o600); err != nil {
				b.t.Error(err)
			}
		}
	}
	call(b, emulation.ClearDeviceMetricsOverride, cdp.Empty{})
}
