-- How a reply was asked for beyond its sampler settings. NULL = as the model's template does, which is all there was
-- before; crc32 does not count them then, so that rows of the first format keep theirs.
ALTER TABLE message ADD COLUMN thinking_mode TEXT;  -- whether it begins with a thought: 'on', 'off'
ALTER TABLE message ADD COLUMN thoughts_shown TEXT; -- earlier thoughts the model saw again: 'all', 'newest', 'none'
