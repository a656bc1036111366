ALTER TABLE "subscriptions" ADD COLUMN "pending_unit_amount" bigint;--> statement-breakpoint
ALTER TABLE "subscriptions" ADD COLUMN "may_be_over" boolean DEFAULT true NOT NULL;--> statement-breakpoint
CREATE INDEX "subscriptions_over" ON "subscriptions" USING btree ("started_at" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE "subscriptions"."is_current" and "subscriptions"."may_be_over";--> statement-breakpoint
CREATE INDEX "subscriptions_given" ON "subscriptions" USING btree ("cancel_at") WHERE "subscriptions"."stripe_subscription_id" is null and "subscriptions"."status" = 'active' and "subscriptions"."cancel_at" is not null;--> statement-breakpoint
-- Who may use more than is granted is noted by whatever could make it so, whoever writes it; `sweepOverLimits` takes the note away.
CREATE FUNCTION "note_own_may_be_over"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.may_be_over := true;
  RETURN NEW;
END $$;--> statement-breakpoint
CREATE TRIGGER "subscriptions_may_be_over" BEFORE UPDATE ON "subscriptions" FOR EACH ROW
  WHEN (NOT OLD.may_be_over AND (OLD.tier_id, OLD.status, OLD.is_current, OLD.trial_end, OLD.grace_until, OLD.cancel_at)
    IS DISTINCT FROM (NEW.tier_id, NEW.status, NEW.is_current, NEW.trial_end, NEW.grace_until, NEW.cancel_at))
  EXECUTE FUNCTION "note_own_may_be_over"();--> statement-breakpoint
CREATE FUNCTION "note_account_may_be_over"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  changed record := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
  UPDATE subscriptions SET may_be_over = true
    WHERE merchant_id = changed.merchant_id AND platform_id = changed.platform_id AND is_current;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER "overrides_may_be_over" AFTER INSERT OR UPDATE OR DELETE ON "overrides" FOR EACH ROW
  EXECUTE FUNCTION "note_account_may_be_over"();--> statement-breakpoint
CREATE TRIGGER "store_add_ons_may_be_over" AFTER DELETE OR UPDATE OF "status", "ended_at", "quantity", "add_on_id" ON "store_add_ons"
  FOR EACH ROW EXECUTE FUNCTION "note_account_may_be_over"();--> statement-breakpoint
CREATE TRIGGER "usage_drifts_may_be_over" AFTER INSERT ON "usage_drifts" FOR EACH ROW
  EXECUTE FUNCTION "note_account_may_be_over"();--> statement-breakpoint
CREATE FUNCTION "note_tier_may_be_over"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was bigint := CASE WHEN OLD.enabled THEN OLD.limit_value ELSE 0 END;
  becomes bigint := 0;
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.enabled THEN becomes := NEW.limit_value; END IF;
  IF becomes IS NULL OR becomes >= was THEN RETURN NULL; END IF;
  UPDATE subscriptions s SET may_be_over = true
    WHERE s.is_current
      AND (s.tier_id = OLD.tier_id OR s.platform_id = (
        SELECT p.id FROM platforms p JOIN tiers t ON t.platform_id = p.id AND t.code = p.fallback_tier_code WHERE t.id = OLD.tier_id))
      AND EXISTS (SELECT FROM usage_counters c WHERE c.merchant_id = s.merchant_id AND c.platform_id = s.platform_id
        AND c.feature_code = OLD.feature_code AND c.used > becomes);
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER "tier_limits_may_be_over" AFTER UPDATE OR DELETE ON "tier_limits" FOR EACH ROW
  EXECUTE FUNCTION "note_tier_may_be_over"();--> statement-breakpoint
CREATE FUNCTION "note_add_on_may_be_over"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.feature_code = OLD.feature_code AND NEW.amount >= OLD.amount THEN RETURN NULL; END IF;
  UPDATE subscriptions s SET may_be_over = true
    FROM store_add_ons a
    WHERE a.add_on_id = OLD.add_on_id AND a.merchant_id = s.merchant_id AND a.platform_id = s.platform_id
      AND s.is_current;
  RETURN NULL;
END $$;--> statement-breakpoint
CREATE TRIGGER "add_on_features_may_be_over" AFTER UPDATE OR DELETE ON "add_on_features" FOR EACH ROW
  EXECUTE FUNCTION "note_add_on_may_be_over"();
