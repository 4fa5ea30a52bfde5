package strictjson_test

import (
	"fmt"

	"ucbridge/bridge/strictjson"
)

func ExampleRead() {
	values, err := strictjson.Read([]byte(`{"name":"read_file","arguments":{}}`), "name")
	fmt.Println(string(values[0]), err)
	_, err = strictjson.Read([]byte(`{"name":"read_file","Name":"delete_repo"}`), "name")
	fmt.Println(err)
	// Output:
	// "read_file" <nil>
	// member "Name" can be taken for "name"
}
