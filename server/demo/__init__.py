"""Two filled tenants for looking around: the Northwind order book and a small bakery."""
