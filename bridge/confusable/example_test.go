package confusable_test

import (
	"fmt"

	"ucbridge/bridge/confusable"
)

func ExampleSkeleton() {
	fmt.Println(confusable.Skeleton("Delete\u200b_Repo") == confusable.Skeleton("delete_repo"))
	fmt.Println(confusable.RevealName("Delete\u200b_Repo"))
	// Output:
	// true
	// Delete<U+200B>_Repo
}
