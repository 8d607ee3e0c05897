"""What is ingested, as data: one YAML per report, one folder a family, and the typed loader."""
