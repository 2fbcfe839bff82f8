print("gar")
