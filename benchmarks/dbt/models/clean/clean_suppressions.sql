{{ kept(ref('judged_suppressions')) }}
