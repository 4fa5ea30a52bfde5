package markup_test

import (
	"fmt"

	m "ucbridge/bridge/webui/markup"
)

func ExamplePage() {
	page := m.Page(m.E("p", m.Class("tool"), m.T("1 < 2 "), m.E("a", m.A("href", "javascript:alert(1)"), m.T("more"))))
	fmt.Printf("%s", page)
	// Output:
	// <!doctype html>
	//
	// <p class="tool">1 &lt; 2 <a href="#">more</a></p>
}
