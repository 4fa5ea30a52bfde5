package govern

func managedFile() string { return "/Library/Application Support/ucbridge/policy.yaml" }
