-- locks: customers, access exclusive, for the moment a column takes
-- tried: a nullable column without a default rewrites no row; on 1 M customers as 0012's
ALTER TABLE "customers" ADD COLUMN "discount" jsonb;