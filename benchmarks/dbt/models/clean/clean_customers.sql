{{ kept(ref('judged_customers')) }}
