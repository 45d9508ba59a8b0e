{{ kept(ref('judged_orders')) }}
