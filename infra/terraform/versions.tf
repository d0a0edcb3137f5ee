# What this module needs. Provider 6.37.0 is the first that can make a bucket with an account-regional name.
terraform {
  required_version = ">= 1.5.0"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.37.0"
    }
  }
}
