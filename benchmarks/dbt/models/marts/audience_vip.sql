{{ audience("value_tier = 'platinum'") }}
