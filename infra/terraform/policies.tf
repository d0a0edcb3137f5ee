# Who may assume the role, what it may do, and what the new bucket denies: statement by statement the policies of
# ../customer-role.yaml, which explains each. They are plain values, so that a test can evaluate them without the AWS
# provider and compare.
locals {
  vendor_arn = "arn:${local.partition}:iam::${var.vendor_account_id}"
  role_arn   = "arn:${local.partition}:iam::${local.account_id}:role/auditferry/${var.role_name}"

  own_name   = var.create_bucket && var.bucket_namespace == "account-regional"
  bucket     = local.own_name ? "${var.bucket_name}-${local.account_id}-${local.region}-an" : var.bucket_name
  bucket_arn = "arn:${local.partition}:s3:::${local.bucket}"
  folder     = var.prefix == "" ? "" : "${var.prefix}/"

  trust_policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OnlyAuditferryAndOnlyForYou"
        Effect    = "Allow"
        Principal = { AWS = "${local.vendor_arn}:root" }
        Action    = "sts:AssumeRole"
        Condition = {
          StringEquals = { "sts:ExternalId" = var.external_id }
          ArnEquals    = { "aws:PrincipalArn" = "${local.vendor_arn}:role/${var.vendor_role_name}" }
        }
      },
    ]
  }

  delivery_policy = {
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "PutFiles"
          Effect   = "Allow"
          Action   = "s3:PutObject"
          Resource = "${local.bucket_arn}/${local.folder}*"
        },
      ],
      var.kms_key_arn == "" ? [] : [
        {
          Sid      = "EncryptFiles"
          Effect   = "Allow"
          Action   = ["kms:GenerateDataKey", "kms:Decrypt"]
          Resource = var.kms_key_arn
          Condition = {
            StringLike = { "kms:ViaService" = "s3.*.amazonaws.*" }
          }
        },
      ],
    )
  }

  bucket_policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OnlyOverTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [local.bucket_arn, "${local.bucket_arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "OnlyNewFiles"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:PutObject"
        Resource  = "${local.bucket_arn}/*"
        Condition = {
          ArnEquals = { "aws:PrincipalArn" = local.role_arn }
          Null      = { "s3:if-none-match" = "true" }
        }
      },
    ]
  }
}
