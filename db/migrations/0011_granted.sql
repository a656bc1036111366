-- What an account is granted of a feature: the row of the tier that counts for it, which an override in force replaces and
-- add-ons add to; NULL = unlimited, 0 = none, or off. `resolveGrant` in entitlements.ts says the same in steps (a property
-- test holds the two together). Plain SQL in the FROM of a statement: the planner takes it in like a view.
CREATE FUNCTION "granted"(of_merchant text, of_platform text, of_feature text, by_tier text, at_time timestamptz)
RETURNS TABLE (units bigint) LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN o.enabled IS FALSE THEN 0
    ELSE CASE WHEN o.has_limit THEN o.limit_value WHEN l.enabled THEN l.limit_value ELSE 0 END + coalesce(x.extra, 0) END
  FROM (SELECT) AS one
  LEFT JOIN tier_limits l ON l.tier_id = by_tier AND l.feature_code = of_feature
  LEFT JOIN overrides o ON o.merchant_id = of_merchant AND o.platform_id = of_platform AND o.feature_code = of_feature
    AND o.ended_at IS NULL AND (o.starts_at IS NULL OR o.starts_at <= at_time) AND (o.expires_at IS NULL OR o.expires_at > at_time)
  LEFT JOIN LATERAL (
    SELECT sum(af.amount * a.quantity)::bigint AS extra
    FROM store_add_ons a JOIN add_on_features af ON af.add_on_id = a.add_on_id AND af.feature_code = of_feature
    WHERE a.merchant_id = of_merchant AND a.platform_id = of_platform
      AND a.ended_at IS NULL AND a.status IN ('active', 'trialing', 'past_due')
  ) x ON true
$$;
