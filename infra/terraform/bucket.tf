# The optional new bucket: private, versioned, TLS only, ACLs disabled. Terraform refuses to destroy it. To remove the
# role and keep the files, remove the bucket from the state first (`terraform state rm`).
resource "aws_s3_bucket" "audit" {
  # checkov:skip=CKV_AWS_18:Access logs need a second bucket. Customers who want them can use theirs, or CloudTrail data events.
  # checkov:skip=CKV_AWS_19:It is encrypted either way, below; checkov does not follow the choice.
  # checkov:skip=CKV_AWS_144:A copy in another Region is the customer's decision and cost.
  # checkov:skip=CKV_AWS_145:Encrypted with a KMS key if one is given, below; else with S3's own keys.
  # checkov:skip=CKV2_AWS_62:Notifications of new files depend on what reads them; ../README.md shows one way.
  count               = var.create_bucket ? 1 : 0
  bucket              = local.bucket
  bucket_namespace    = local.own_name ? "account-regional" : null
  object_lock_enabled = var.object_lock_mode != "none"

  lifecycle {
    prevent_destroy = true
    precondition {
      condition     = length(local.bucket) <= 63
      error_message = "With account and Region added the name has more than 63 characters. A bucket_name of 32 fits in every Region."
    }
  }
}

resource "aws_s3_bucket_ownership_controls" "audit" {
  count  = var.create_bucket ? 1 : 0
  bucket = aws_s3_bucket.audit[0].id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "audit" {
  count                   = var.create_bucket ? 1 : 0
  bucket                  = aws_s3_bucket.audit[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "audit" {
  count  = var.create_bucket ? 1 : 0
  bucket = aws_s3_bucket.audit[0].id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "audit" {
  count  = var.create_bucket ? 1 : 0
  bucket = aws_s3_bucket.audit[0].id
  rule {
    bucket_key_enabled = var.kms_key_arn != ""
    apply_server_side_encryption_by_default {
      sse_algorithm     = var.kms_key_arn == "" ? "AES256" : "aws:kms"
      kms_master_key_id = var.kms_key_arn == "" ? null : var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_object_lock_configuration" "audit" {
  count  = var.create_bucket && var.object_lock_mode != "none" ? 1 : 0
  bucket = aws_s3_bucket.audit[0].id
  rule {
    default_retention {
      mode = var.object_lock_mode
      days = var.object_lock_days
    }
  }
  depends_on = [aws_s3_bucket_versioning.audit]
}

resource "aws_s3_bucket_lifecycle_configuration" "audit" {
  count  = var.create_bucket ? 1 : 0
  bucket = aws_s3_bucket.audit[0].id

  rule {
    id     = "tidy"
    status = "Enabled"
    filter {}
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
    expiration {
      expired_object_delete_marker = true
    }
  }

  dynamic "rule" {
    for_each = var.archive_after_days == 0 ? [] : [var.archive_after_days]
    content {
      id     = "archive"
      status = "Enabled"
      filter {}
      transition {
        days          = rule.value
        storage_class = "GLACIER_IR"
      }
    }
  }

  # In a versioned bucket the first only hides a file; the second deletes it.
  dynamic "rule" {
    for_each = var.expire_after_days == 0 ? [] : [var.expire_after_days]
    content {
      id     = "expire"
      status = "Enabled"
      filter {}
      expiration {
        days = rule.value
      }
      noncurrent_version_expiration {
        noncurrent_days = 1
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.audit]
}

resource "aws_s3_bucket_policy" "audit" {
  count      = var.create_bucket ? 1 : 0
  bucket     = aws_s3_bucket.audit[0].id
  policy     = jsonencode(local.bucket_policy)
  depends_on = [aws_iam_role.delivery, aws_s3_bucket_public_access_block.audit]
}
