-- locks: customers, access exclusive, for the moment a column takes
-- tried: not on 1 M rows; a nullable column without a default rewrites none (PostgreSQL, ALTER TABLE, notes)
ALTER TABLE "customers" ADD COLUMN "discount" jsonb;