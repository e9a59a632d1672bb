"""The ERP → facts: reads a company's invoices, page by page, and says what is new of each."""
