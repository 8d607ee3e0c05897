"""The sections of the page, one module each: a question, the query that answers it, and its markup."""
