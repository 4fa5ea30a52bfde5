package origin_test

import (
	"fmt"

	"ucbridge/bridge/databricks/origin"
)

func ExampleParse() {
	for _, host := range []string{"dbc-1.cloud.databricks.com", "http://127.0.0.1:8700", "http://dbc-1.cloud.databricks.com"} {
		u, err := origin.Parse(host)
		if err == nil {
			err = origin.Check(u)
		}
		fmt.Println(u, err == nil)
	}
	// Output:
	// https://dbc-1.cloud.databricks.com true
	// http://127.0.0.1:8700 true
	// <nil> false
}
