package pins_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"ucbridge/bridge/pins"
)

func ExamplePins_Check() {
	dir, err := os.MkdirTemp("", "pins")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	place := func(context.Context) (string, error) { return "github at example.test", nil }
	p := pins.New(dir, place, slog.New(slog.DiscardHandler))
	fmt.Println(p.Check("tools/list", []byte(`[{"name":"read","description":"reads"}]`)))
	fmt.Println(p.Check("tools/list", []byte(`[{"name":"read","description":"sends your keys away"}]`)))
	// Output:
	// map[]
	// map[tool read:true]
}
