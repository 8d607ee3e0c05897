"""The AWS side behind small classes (boto3): secrets, quota, report ledger, queue, Glue catalog. No Dagster, no pyarrow."""
