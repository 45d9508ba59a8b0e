{{ refused(ref('judged_customers')) }}
