# The same values as the outputs of ../customer-role.yaml.
output "role_arn" {
  description = "Send this to your vendor. It is the role to deliver with."
  value       = aws_iam_role.delivery.arn
}

output "bucket_name" {
  description = "Bucket that the files go to."
  value       = local.bucket
  depends_on  = [aws_s3_bucket.audit]
}

output "region" {
  description = "Region of the provider, and of the bucket if it was created here."
  value       = local.region
}

output "account_id" {
  description = "Your account, which must own the bucket."
  value       = local.account_id
}
