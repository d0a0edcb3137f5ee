# The Terraform equivalent of ../customer-role.yaml: the role with which Auditferry may put files below one prefix of
# one bucket and do nothing else.
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.region
}

resource "aws_iam_role" "delivery" {
  path                 = "/auditferry/"
  name                 = var.role_name
  description          = "Lets Auditferry put audit log files into one folder of one bucket."
  max_session_duration = 3600
  permissions_boundary = var.permissions_boundary_arn == "" ? null : var.permissions_boundary_arn
  assume_role_policy   = jsonencode(local.trust_policy)

  lifecycle {
    precondition {
      condition     = var.object_lock_mode == "none" || var.create_bucket
      error_message = "object_lock_mode is for a bucket created here, so create_bucket must be true. On an existing bucket, set Object Lock there."
    }
  }
}

resource "aws_iam_role_policy" "deliver" {
  name   = "deliver"
  role   = aws_iam_role.delivery.name
  policy = jsonencode(local.delivery_policy)
}
