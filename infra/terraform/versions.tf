# Requirements. Provider 6.37.0 is the first that supports account-regional bucket names.
terraform {
  required_version = ">= 1.5.0"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.37.0"
    }
  }
}
