# The same settings as the parameters of ../customer-role.yaml, with the same defaults and patterns: a test compares them
# one by one. That file describes each in more detail.

variable "external_id" {
  description = "External IDs of the connectors that use the role, as Auditferry shows them. One; two while it is rotated. Not a secret."
  type        = list(string)
  validation {
    condition     = length(var.external_id) > 0 && alltrue([for id in var.external_id : can(regex("^af-[0-9a-f]{32}$", id))])
    error_message = "Each must be af- and 32 digits of 0-9 a-f, as Auditferry shows it."
  }
}

variable "vendor_account_id" {
  description = "AWS account of the vendor, as Auditferry shows it."
  type        = string
  validation {
    condition     = can(regex("^[0-9]{12}$", var.vendor_account_id))
    error_message = "Must be an account ID of 12 digits."
  }
}

variable "vendor_role_name" {
  description = "Role in the vendor's account that puts the files, and that checks this setup. No other can assume the role."
  type        = string
  default     = "auditferry-exporter"
  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.vendor_role_name))
    error_message = "Must be a role's name of 1 to 64 letters, digits or '_', '+', '=', ',', '.', '@', '-' (no ARN, no path)."
  }
}

variable "bucket_name" {
  description = "Your bucket. If it is created with an account-regional name: the beginning of its name, at most 32 characters."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket_name)) && !can(regex("\\.\\.", var.bucket_name))
    error_message = "Must be 3 to 63 lower-case letters, digits, dots and hyphens, such as acme-audit-log (no ARN, no s3://)."
  }
}

# Terraform's regular expressions have no look-ahead, so the exclusion of . and .. is a separate condition.
variable "prefix" {
  description = "Folder in the bucket below which all files go. Empty means the whole bucket."
  type        = string
  default     = "auditferry"
  validation {
    condition     = length(var.prefix) <= 200 && can(regex("^([A-Za-z0-9!_.'()=-]+(/[A-Za-z0-9!_.'()=-]+)*)?$", var.prefix)) && !can(regex("(^|/)[.]{1,2}(/|$)", var.prefix))
    error_message = "Must be up to 200 of A-Z a-z 0-9 ! - _ . ' ( ) = in segments joined by single slashes, such as audit/acme."
  }
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the files, and is the default of a new bucket. Give the same key to the connector."
  type        = string
  default     = ""
  validation {
    condition     = can(regex("^(arn:aws(-cn|-us-gov|-eusc)?:kms:[a-z0-9-]{6,30}:[0-9]{12}:key/[A-Za-z0-9-]{1,128})?$", var.kms_key_arn))
    error_message = "Must be empty or a key's ARN, such as arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab (no alias)."
  }
}

variable "role_name" {
  description = "Name of the role to create, under the path /auditferry/. Each connector in an account needs a name of its own."
  type        = string
  default     = "AuditferryDelivery"
  validation {
    condition     = can(regex("^[A-Za-z0-9_+=,.@-]{1,64}$", var.role_name))
    error_message = "Must be a name of 1 to 64 letters, digits or '_', '+', '=', ',', '.', '@', '-' (without the path)."
  }
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary of the role, if your account requires one."
  type        = string
  default     = ""
  validation {
    condition     = can(regex("^(arn:aws(-cn|-us-gov|-eusc)?:iam::([0-9]{12}|aws):policy/[A-Za-z0-9_+=,.@/-]{1,640})?$", var.permissions_boundary_arn))
    error_message = "Must be empty or a policy's ARN, such as arn:aws:iam::123456789012:policy/Boundary."
  }
}

variable "create_bucket" {
  description = "Creates the bucket: private, versioned, TLS only, ACLs disabled."
  type        = bool
  default     = false
}

variable "bucket_namespace" {
  description = "account-regional names the new bucket <bucket_name>-<account>-<Region>-an, which no other account can take. global gives it exactly bucket_name."
  type        = string
  default     = "account-regional"
  validation {
    condition     = contains(["account-regional", "global"], var.bucket_namespace)
    error_message = "Must be account-regional or global."
  }
}

variable "object_lock_mode" {
  description = "Whether files of the new bucket are locked against deletion: none, GOVERNANCE or COMPLIANCE (nobody can delete, not even the account's root)."
  type        = string
  default     = "none"
  validation {
    condition     = contains(["none", "GOVERNANCE", "COMPLIANCE"], var.object_lock_mode)
    error_message = "Must be none, GOVERNANCE or COMPLIANCE."
  }
}

variable "object_lock_days" {
  description = "How long each file is locked. Only with Object Lock."
  type        = number
  default     = 365
  validation {
    condition     = var.object_lock_days >= 1 && var.object_lock_days <= 36500 && floor(var.object_lock_days) == var.object_lock_days
    error_message = "Must be a whole number of days from 1 to 36500."
  }
}

variable "archive_after_days" {
  description = "After how many days files of the new bucket, from 128 KB on, move to Glacier Instant Retrieval. 0 means never."
  type        = number
  default     = 0
  validation {
    condition     = var.archive_after_days >= 0 && var.archive_after_days <= 36500 && floor(var.archive_after_days) == var.archive_after_days
    error_message = "Must be 0 or a whole number of days up to 36500."
  }
}

variable "expire_after_days" {
  description = "After how many days files of the new bucket are deleted; more than archive_after_days. 0 means never."
  type        = number
  default     = 0
  validation {
    condition     = var.expire_after_days >= 0 && var.expire_after_days <= 36500 && floor(var.expire_after_days) == var.expire_after_days
    error_message = "Must be 0 or a whole number of days up to 36500."
  }
}
