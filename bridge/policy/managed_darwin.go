package policy

func managedFile() string { return "/Library/Application Support/ucbridge/policy.yaml" }
