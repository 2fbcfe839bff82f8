// GAR
