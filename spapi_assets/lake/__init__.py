"""Where files lie and how they are written and read: one URI (s3:// or a folder). Knows nothing of Amazon's formats."""
