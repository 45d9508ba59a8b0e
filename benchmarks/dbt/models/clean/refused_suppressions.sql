{{ refused(ref('judged_suppressions')) }}
